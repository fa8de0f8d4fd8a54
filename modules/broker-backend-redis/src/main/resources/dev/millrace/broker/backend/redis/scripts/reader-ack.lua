-- Acknowledges deliveries that still belong to the caller: owner and delivery count are compared first, so a
-- late acknowledgement cannot take an entry away from whoever has it now.
-- KEYS[1] stream
-- ARGV[1] group, ARGV[2] consumer, then for each delivery: id, delivery count
-- Result: for each delivery 1 (acknowledged) or 0 (not the caller's any more)
local result = {}
for i = 3, #ARGV, 2 do
  local p = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)[1]
  if p and p[2] == ARGV[2] and p[4] == tonumber(ARGV[i + 1]) then
    result[#result + 1] = redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])
  else
    result[#result + 1] = 0
  end
end
return result
