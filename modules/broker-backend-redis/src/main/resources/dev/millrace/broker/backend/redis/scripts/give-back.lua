-- Takes entries out of a stream and gives each to one group of another one: to the stream where what the group parked
-- comes back, which no other group reads. What cannot be added stays where it is.
-- KEYS  1 from  2 where parked entries of the group come back (see reader-unpark.lua)  3 counters of the audit (see
--       audit.lua)  4 the group's dead letters
-- ARGV  1 the group, then for each entry: its id, how often it was delivered, how many fields it is to have, and their
--       names and values in turn
-- Result for each entry 1 if it was moved, 0 if it was not there any more
redis.pcall('XGROUP', 'CREATE', KEYS[2], ARGV[1], '0', 'MKSTREAM')
local source = string.sub(redis.sha1hex(KEYS[1]), 1, 8)
local result, i = {}, 2
while i <= #ARGV do
  local id, deliveries, count = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  local there = #redis.call('XRANGE', KEYS[1], id, id)
  if there == 1 then
    -- It is not in the group's stream, so its origin is no id of that.
    local about = deliveries .. ' ' .. source .. '/' .. id .. ' '
    redis.call('XADD', KEYS[2], '*', '_millrace:retry', about, unpack(ARGV, i + 3, i + 2 + 2 * count))
    redis.call('XDEL', KEYS[1], id)
    if KEYS[1] ~= KEYS[4] and redis.call('EXISTS', KEYS[3]) == 1 then
      if tonumber(redis.call('HGET', KEYS[3], 'dead-elsewhere') or 0) > 0 then
        redis.call('HINCRBY', KEYS[3], 'dead-elsewhere', -1)
      else
        -- It was put there before the audit began.
        redis.call('HINCRBY', KEYS[3], 'given', 1)
      end
    end
  end
  result[#result + 1] = there
  i = i + 3 + 2 * count
end
return result
