#!lua flags=allow-oom
-- Takes or renews a lease. The token rises with each new holder, even where the key was lost: it is
-- at least the server's time in microseconds.
-- KEYS  1 the lease, a hash: holder, until (milliseconds), token
-- ARGV  1 who asks  2 for how many milliseconds
-- Result the token, or false if somebody else has it
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local held = redis.call('HMGET', KEYS[1], 'holder', 'until', 'token')
local alive = held[2] and tonumber(held[2]) > now
if alive and held[1] ~= ARGV[1] then return false end
local token = held[3]
if not alive then
  token = string.format('%.0f', math.max((tonumber(token) or 0) + 1, time[1] * 1000000 + time[2]))
end
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'until',
  string.format('%.0f', now + ARGV[2]), 'token', token)
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', ARGV[2] + 86400000))
return tonumber(token)
