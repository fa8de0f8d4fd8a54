#!lua flags=allow-oom
-- Says that a member is alive, and forgets those that are not.
-- KEYS  1 the members, a sorted set: member -> alive until (milliseconds)
-- ARGV  1 the member  2 for how many milliseconds
-- Result 1
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[1])
local longest = tonumber(redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2])
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', longest + 1000))
return 1
