-- Moves what is due, oldest first, to the end of a stream. What cannot be added stays where it is; an entry of more
-- fields than Lua can unpack is put off by an hour, so that it is not in the way of others.
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
    local fields = cmsgpack.unpack(packed)
    if #fields <= 7900 then
      redis.call('XADD', KEYS[3], '*', unpack(fields))
      redis.call('HDEL', KEYS[2], id)
      redis.call('ZREM', KEYS[1], id)
      moved = moved + 1
    else
      redis.call('ZADD', KEYS[1], string.format('%.0f', tonumber(now) + 3600000), id)
    end
  else
    redis.call('ZREM', KEYS[1], id)
  end
end
return moved
