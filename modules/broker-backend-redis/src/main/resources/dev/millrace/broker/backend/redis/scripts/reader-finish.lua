#!lua flags=allow-oom
-- Acknowledges deliveries, and counts them or deletes their entries. As a plain XACK it does not ask whose they are, so
-- it is only for those inside their lease; one that is not pending any more is left alone. One whose entry somebody
-- deleted meanwhile is acknowledged and not counted as done. An entry that another group needs is not deleted, whatever is
-- asked for.
-- KEYS[1] stream, KEYS[2] counters of the audit (see audit.lua), KEYS[3] the stream where parked entries come back
-- ARGV[1] group, ARGV[2] '1' if the entries are to be deleted, then for each delivery: id, '1' if it was skipped
-- Result: 1 if an audit counts, else 0, then for each id 1 (acknowledged) or 0 (not pending)
-- include: ids
-- include: others
local counts, back = redis.call('EXISTS', KEYS[2]) == 1, KEYS[1] == KEYS[3]
local result, sums = { counts and 1 or 0 }, { done = 0, skipped = 0, foreign = 0 }

local function is_foreign(fields)
  for i = 1, #fields, 2 do
    if fields[i] == '_id' and #fields[i + 1] > 0 then return false end
  end
  return true
end

for i = 3, #ARGV, 2 do
  local id = ARGV[i]
  local entry = counts and redis.call('XRANGE', KEYS[1], id, id)[1]
  local acknowledged = redis.call('XACK', KEYS[1], ARGV[1], id)
  if acknowledged == 1 then
    if entry then
      local how = ARGV[i + 1] == '1' and 'skipped' or 'done'
      sums[how] = sums[how] + 1
      if not back and is_foreign(entry[2]) then sums.foreign = sums.foreign + 1 end
    end
    if ARGV[2] == '1' and (back or not others_need(KEYS[1], ARGV[1], id)) then redis.call('XDEL', KEYS[1], id) end
  end
  result[#result + 1] = acknowledged
end
for name, sum in pairs(sums) do
  if sum > 0 then redis.call('HINCRBY', KEYS[2], name, sum) end
end
return result
