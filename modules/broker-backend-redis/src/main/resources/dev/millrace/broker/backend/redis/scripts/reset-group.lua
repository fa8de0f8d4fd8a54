-- Sets a group to another place, and forgets its floor, which may now be too high.
-- KEYS  1 the stream  2 its floors (see trim.lua)
-- ARGV  1 the group  2 the id it has read up to, '$' for the newest
-- Result 'OK'; NOGROUP where there is no such group
local done = redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], ARGV[2])
redis.call('HDEL', KEYS[2], ARGV[1])
return done
