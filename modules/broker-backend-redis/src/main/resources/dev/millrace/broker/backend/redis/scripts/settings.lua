#!lua flags=allow-oom
-- Stores settings with a stream, in place of those stored before.
-- KEYS  1 the settings, a hash
-- ARGV  names and values in turn; none: there are none any more
-- Result how many there are
redis.call('DEL', KEYS[1])
for i = 1, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
return #ARGV / 2
