#!lua flags=allow-oom
-- Acknowledges deliveries that still belong to the caller: owner and delivery count are compared first, so a
-- late acknowledgement cannot take an entry away from whoever has it now. One whose entry somebody deleted meanwhile is
-- acknowledged and not counted as done. An entry that another group needs is not deleted, whatever is asked for.
-- KEYS[1] stream, KEYS[2] hash of the notes of its entries, KEYS[3] counters of the audit (see audit.lua), KEYS[4] the
-- stream where parked entries come back
-- ARGV[1] group, ARGV[2] consumer, then for each delivery: id, delivery count, '1' if the entry is to be deleted, '1' if
-- it was skipped
-- Result: for each delivery 1 (acknowledged) or 0 (not the caller's any more)
-- include: ids
-- include: others
local counts, back = redis.call('EXISTS', KEYS[3]) == 1, KEYS[1] == KEYS[4]
local result = {}

local function is_foreign(fields)
  for i = 1, #fields, 2 do
    if fields[i] == '_id' and #fields[i + 1] > 0 then return false end
  end
  return true
end

local function count(entry, skipped)
  redis.call('HINCRBY', KEYS[3], skipped and 'skipped' or 'done', 1)
  if not back and is_foreign(entry[2]) then redis.call('HINCRBY', KEYS[3], 'foreign', 1) end
end

for i = 3, #ARGV, 4 do
  local id = ARGV[i]
  local p = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1)[1]
  if p and p[2] == ARGV[2] and p[4] == tonumber(ARGV[i + 1]) then
    local entry = counts and redis.call('XRANGE', KEYS[1], id, id)[1]
    result[#result + 1] = redis.call('XACK', KEYS[1], ARGV[1], id)
    if entry then count(entry, ARGV[i + 3] == '1') end
    redis.call('HDEL', KEYS[2], id)
    if ARGV[i + 2] == '1' and (back or not others_need(KEYS[1], ARGV[1], id)) then
      redis.call('XDEL', KEYS[1], id)
    end
  else
    result[#result + 1] = 0
  end
end
return result
