#!lua flags=allow-oom
-- Hands deliveries back: they stay pending, under a name that stands for nobody and with an idle time so long that the
-- next scan of any member takes them. The name tells that nobody died with them. The delivery count stays, or goes
-- back by one for those that never reached the application. Notes stay.
-- KEYS[1] stream, KEYS[2] hash of the notes of its entries
-- ARGV[1] group, ARGV[2] consumer, ARGV[3] what to take off the delivery count (0 or 1), ARGV[4] the name for nobody,
-- ARGV[5] idle time in ms, then for each delivery: id, delivery count
-- Result: for each delivery 1 (handed back), 0 (not the caller's any more) or -1 (the entry was deleted while pending)
local result = {}
for i = 6, #ARGV, 2 do
  local id = ARGV[i]
  local p = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1)[1]
  if p and p[2] == ARGV[2] and p[4] == tonumber(ARGV[i + 1]) then
    local kept = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[4], 0, id,
      'IDLE', ARGV[5], 'RETRYCOUNT', p[4] - tonumber(ARGV[3]), 'JUSTID')
    if #kept == 1 then
      result[#result + 1] = 1
    else
      redis.call('HDEL', KEYS[2], id)
      result[#result + 1] = -1
    end
  else
    result[#result + 1] = 0
  end
end
return result
