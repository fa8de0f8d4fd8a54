-- Moves what is due, oldest first, to the end of a stream. What cannot be added stays where it is.
-- KEYS  1 due times  2 entries (see schedule-put.lua)  3 the stream
-- ARGV  1 how many at most
-- Result how many were moved
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local due = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[1])
local moved = 0
for _, id in ipairs(due) do
  local packed = redis.call('HGET', KEYS[2], id)
  if packed then
    redis.call('XADD', KEYS[3], '*', unpack(cmsgpack.unpack(packed)))
    redis.call('HDEL', KEYS[2], id)
    moved = moved + 1
  end
  redis.call('ZREM', KEYS[1], id)
end
return moved
