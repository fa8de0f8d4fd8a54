-- Takes entries out of a stream and adds each to the one that a single group reads, as reader-unpark.lua does with what
-- was parked. What cannot be added stays where it is.
-- KEYS  1 from  2 the stream where the group's parked entries come back
-- ARGV  1 the group, then for each entry: its id, how often the group had been given it, how many fields it is to have,
--       and their names and values in turn
-- Result for each entry 1 if it was moved, 0 if it was not there any more
redis.pcall('XGROUP', 'CREATE', KEYS[2], ARGV[1], '0', 'MKSTREAM')
-- Stands where the id of a parked entry stands, and must be none: those of another stream may be the same.
local origin = 'given/' .. redis.sha1hex(KEYS[1]) .. '/'
local result, i = {}, 2
while i <= #ARGV do
  local id, deliveries, count = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  local there = #redis.call('XRANGE', KEYS[1], id, id)
  if there == 1 then
    local about = deliveries .. ' ' .. origin .. id .. ' '
    redis.call('XADD', KEYS[2], '*', '_millrace:retry', about, unpack(ARGV, i + 3, i + 2 + 2 * count))
    redis.call('XDEL', KEYS[1], id)
  end
  result[#result + 1] = there
  i = i + 3 + 2 * count
end
return result
