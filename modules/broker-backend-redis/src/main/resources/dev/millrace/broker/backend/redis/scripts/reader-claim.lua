-- Takes pending entries over for the caller, each only if owner, delivery count and idle time are still what the
-- caller saw. The delivery count rises by one.
-- KEYS[1] stream
-- ARGV[1] group, ARGV[2] consumer, then for each entry: id, its owner, delivery count, least idle time in ms
-- Result: for each entry taken {id, new delivery count, {field, value, …}}; for one that was deleted while pending
-- {id, 0}, and it is pending no more; nothing for the others
local result = {}
for i = 3, #ARGV, 4 do
  local id = ARGV[i]
  local p = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1)[1]
  if p and p[2] == ARGV[i + 1] and p[4] == tonumber(ARGV[i + 2]) and p[3] >= tonumber(ARGV[i + 3]) then
    local taken = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, id)
    if taken[1] and taken[1][2] then
      result[#result + 1] = { id, p[4] + 1, taken[1][2] }
    else
      result[#result + 1] = { id, 0 }
    end
  end
end
return result
