-- Gives drain(stream, backup, most, least): moves the oldest entries of a backup to the end of its stream, byte for byte,
-- and tells how many it moved and what stopped it, if anything did. After a mebibyte it ends early, but not before it has
-- moved the least: entries may be large, and a script holds up all others. A backup that is empty is deleted.
-- What Redis refuses stays where it is, and so does all behind it.
local function drain(stream, backup, most, least)
  local moved, bytes, chunk, trouble = 0, 0, 8, nil
  while moved < most and not trouble and (moved < least or bytes < 1048576) do
    local some = redis.call('XRANGE', backup, '-', '+', 'COUNT', math.min(chunk, most - moved))
    if #some == 0 then break end
    local gone = {}
    for _, entry in ipairs(some) do
      local fields = entry[2]
      -- Only a foreign program can have put it there; no script can take so many values on its stack.
      local id = #fields <= 7000 and redis.pcall('XADD', stream, '*', unpack(fields))
        or { err = 'UNMOVABLE the entry ' .. entry[1] .. ' has ' .. #fields / 2 .. ' fields' }
      if type(id) == 'table' then
        trouble = id
        break
      end
      for i = 2, #fields, 2 do bytes = bytes + #fields[i] end
      gone[#gone + 1] = entry[1]
    end
    if #gone > 0 then redis.call('XDEL', backup, unpack(gone)) end
    moved = moved + #gone
    chunk = 64
  end
  if moved > 0 and redis.call('XLEN', backup) == 0 then redis.call('DEL', backup) end
  return moved, trouble
end
