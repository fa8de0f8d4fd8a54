-- Sets a value if it is as expected.
-- KEYS  1 the value
-- ARGV  1 '1' if there must be a value, '0' if none  2 the value that must be there  3 the new value
-- Result 1 if it was set, 0 if not
local present = redis.call('GET', KEYS[1])
if ARGV[1] == '0' and present or ARGV[1] == '1' and present ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[3])
return 1
