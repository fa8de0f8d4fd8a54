-- Moves the oldest entries of a stream to the end of another. What cannot be added stays where it is.
-- KEYS  1 from  2 to
-- ARGV  1 how many at most
-- Result how many were moved
local entries = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[1])
for _, entry in ipairs(entries) do
  redis.call('XADD', KEYS[2], '*', unpack(entry[2]))
  redis.call('XDEL', KEYS[1], entry[1])
end
return #entries
