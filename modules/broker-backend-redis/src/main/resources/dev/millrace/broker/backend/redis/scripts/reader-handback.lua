-- Hands deliveries back: they stay pending under the caller's name, with an idle time so long that the next scan of
-- any member takes them, or takes them when a delay is over. The delivery count stays, or goes back by one for those
-- that never reached the application.
-- KEYS[1] stream
-- ARGV[1] group, ARGV[2] consumer, ARGV[3] what to take off the delivery count (0 or 1), then for each delivery: id,
-- delivery count, idle time in ms
-- Result: for each delivery 1 (handed back), 0 (not the caller's any more) or -1 (the entry was deleted while pending)
local result = {}
for i = 4, #ARGV, 3 do
  local p = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)[1]
  if p and p[2] == ARGV[2] and p[4] == tonumber(ARGV[i + 1]) then
    local kept = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i],
      'IDLE', ARGV[i + 2], 'RETRYCOUNT', p[4] - tonumber(ARGV[3]), 'JUSTID')
    result[#result + 1] = #kept == 1 and 1 or -1
  else
    result[#result + 1] = 0
  end
end
return result
