#!lua flags=allow-oom
-- Removes a consumer's name from its group, only where nothing is pending under it: XGROUP DELCONSUMER would drop
-- what is pending, and it would never be delivered again.
-- KEYS[1] stream, KEYS[2] hash of the leases of the group's consumers, KEYS[3] sorted set of the group's consumers by
-- the time until which they count as alive
-- ARGV[1] group, ARGV[2] consumer
-- Result: 1 (removed) or 0 (something is pending)
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) > 0 then
  return 0
end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
redis.call('HDEL', KEYS[2], ARGV[2])
redis.call('ZREM', KEYS[3], ARGV[2])
return 1
