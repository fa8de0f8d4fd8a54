#!lua flags=allow-oom
-- Moves what is parked and due to the stream that the group reads it from again. Each becomes an entry whose first
-- field tells of its past: "deliveries origin note".
-- KEYS[1] sorted set of what is parked, KEYS[2] hash of its entries (see reader-park.lua), KEYS[3] the stream
-- ARGV[1] group, ARGV[2] move at most this many
-- Result: {how many were moved, ms until the next is due or -1, entries of the stream or -1 where there is none,
--   1 if the stream's group was made just now}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])
local made = 0
if #due > 0 or redis.call('EXISTS', KEYS[3]) == 1 then
  -- The group exists nearly always, and then this is an error without effect.
  made = redis.pcall('XGROUP', 'CREATE', KEYS[3], ARGV[1], '0', 'MKSTREAM')['ok'] and 1 or 0
end
for _, origin in ipairs(due) do
  local packed = redis.call('HGET', KEYS[2], origin)
  if packed then
    local parts = cmsgpack.unpack(packed)
    local about = parts[1] .. ' ' .. origin .. ' ' .. parts[2]
    redis.call('XADD', KEYS[3], '*', '_millrace:retry', about, unpack(parts, 3))
  end
  redis.call('ZREM', KEYS[1], origin)
  redis.call('HDEL', KEYS[2], origin)
end
local next = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local wait = next[2] and math.max(0, tonumber(next[2]) - now) or -1
if redis.call('EXISTS', KEYS[3]) == 0 then
  return { #due, wait, -1, made }
end
return { #due, wait, redis.call('XLEN', KEYS[3]), made }
