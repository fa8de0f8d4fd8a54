#!lua flags=allow-oom
-- Gives a lease back; its token stays for the next holder to exceed.
-- KEYS  1 the lease (see lease-acquire.lua)
-- ARGV  1 who had it
-- Result 1 if it was theirs, 0 if not
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'until', '0')
return 1
