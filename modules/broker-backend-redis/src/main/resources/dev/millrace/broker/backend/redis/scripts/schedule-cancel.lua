-- Takes an entry out of a set of what becomes due.
-- KEYS  1 due times  2 entries (see schedule-put.lua)
-- ARGV  1 the id
-- Result 1 if it was there, 0 if not
redis.call('HDEL', KEYS[2], ARGV[1])
return redis.call('ZREM', KEYS[1], ARGV[1])
