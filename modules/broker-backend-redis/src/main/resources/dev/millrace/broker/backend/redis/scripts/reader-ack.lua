#!lua flags=allow-oom
-- Acknowledges deliveries that still belong to the caller: owner and delivery count are compared first, so a
-- late acknowledgement cannot take an entry away from whoever has it now.
-- KEYS[1] stream, KEYS[2] hash of the notes of its entries, KEYS[3] counters of the audit (see audit.lua), KEYS[4] the
-- stream where parked entries come back
-- ARGV[1] group, ARGV[2] consumer, then for each delivery: id, delivery count, '1' if the entry is to be deleted
-- Result: for each delivery 1 (acknowledged) or 0 (not the caller's any more)
local result = {}
for i = 3, #ARGV, 3 do
  local id = ARGV[i]
  local p = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1)[1]
  if p and p[2] == ARGV[2] and p[4] == tonumber(ARGV[i + 1]) then
    result[#result + 1] = redis.call('XACK', KEYS[1], ARGV[1], id)
    if KEYS[1] == KEYS[4] and redis.call('EXISTS', KEYS[3]) == 1 then
      redis.call('HINCRBY', KEYS[3], 'back-done', 1)
    end
    redis.call('HDEL', KEYS[2], id)
    if ARGV[i + 2] == '1' then
      redis.call('XDEL', KEYS[1], id)
    end
  else
    result[#result + 1] = 0
  end
end
return result
