#!lua flags=allow-oom
-- Removes the names of consumers that are gone, each only where nothing is pending under it: XGROUP DELCONSUMER would
-- drop what is pending, and it would never be delivered again. A name of which nothing is known yet gets a while to
-- show itself; names that no reader has announced are somebody else's and stay.
-- KEYS[1] stream, KEYS[2] hash of the leases of the group's consumers, KEYS[3] sorted set of the group's consumers by
-- the time until which they count as alive, KEYS[4] the stream where the group's parked entries come back
-- ARGV[1] group, ARGV[2] that while in ms, ARGV[3] how many names at most
-- Result: the names removed
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, name in ipairs(redis.call('HKEYS', KEYS[2])) do
  if not redis.call('ZSCORE', KEYS[3], name) then
    redis.call('ZADD', KEYS[3], string.format('%.0f', now + ARGV[2]), name)
  end
end
local function has_pending(stream, name)
  if redis.call('EXISTS', stream) == 0 then return false end
  local rows = redis.pcall('XPENDING', stream, ARGV[1], '-', '+', 1, name)
  return not rows.err and #rows > 0
end

local removed = {}
local gone = redis.call('ZRANGE', KEYS[3], '-inf', string.format('%.0f', now), 'BYSCORE')
for _, name in ipairs(gone) do
  if #removed >= tonumber(ARGV[3]) then
    break
  end
  if not has_pending(KEYS[1], name) and not has_pending(KEYS[4], name) then
    redis.pcall('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], name)
    redis.pcall('XGROUP', 'DELCONSUMER', KEYS[4], ARGV[1], name)
    redis.call('HDEL', KEYS[2], name)
    redis.call('ZREM', KEYS[3], name)
    removed[#removed + 1] = name
  end
end
return removed
