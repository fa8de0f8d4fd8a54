#!lua flags=allow-oom
-- Renews deliveries that still belong to the caller: idle time starts again, the delivery count stays.
-- KEYS[1] stream, KEYS[2] hash of the notes of its entries
-- ARGV[1] group, ARGV[2] consumer, then for each delivery: id, delivery count
-- Result: for each delivery 1 (renewed), 0 (not the caller's any more) or -1 (the entry was deleted while pending)
local result = {}
for i = 3, #ARGV, 2 do
  local p = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)[1]
  if p and p[2] == ARGV[2] and p[4] == tonumber(ARGV[i + 1]) then
    local kept = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
    if #kept == 1 then
      result[#result + 1] = 1
    else
      redis.call('HDEL', KEYS[2], ARGV[i])
      result[#result + 1] = -1
    end
  else
    result[#result + 1] = 0
  end
end
return result
