-- Puts an entry into a set of what becomes due; the same id replaces.
-- KEYS  1 due times, a sorted set: id -> milliseconds  2 entries, a hash: id -> packed fields
-- ARGV  1 the id  2 when, in milliseconds since 1970  3… names and values of the fields in turn
-- Result 1
local fields = {}
for i = 3, #ARGV do fields[i - 2] = ARGV[i] end
redis.call('HSET', KEYS[2], ARGV[1], cmsgpack.pack(fields))
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
return 1
