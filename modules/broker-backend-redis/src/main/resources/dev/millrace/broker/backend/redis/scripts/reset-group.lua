-- Sets a group to another place, and forgets its floor, which may now be too high, and what is noted of entries. Raises
-- the fence epoch: entries are delivered again and counted from 1 again.
-- KEYS  1 the stream  2 its floors (see trim.lua)  3 fence epochs (see reader-ensure.lua)  4 the group's notes
-- ARGV  1 the group  2 the id it has read up to, '$' for the newest
-- Result 'OK'; NOGROUP where there is no such group
local done = redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], ARGV[2])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[4])
local time = redis.call('TIME')
local since2024 = time[1] * 1000 + math.floor(time[2] / 1000) - 1704067200000
local epoch = math.max(since2024, tonumber(redis.call('HGET', KEYS[3], ARGV[1]) or 0) + 1)
redis.call('HSET', KEYS[3], ARGV[1], string.format('%.0f', epoch))
return done
