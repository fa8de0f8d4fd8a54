#!lua flags=allow-oom
-- Says that a server of a group of requests is there, or that one has gone: what the group needs is kept for a while, and
-- goes at once where nobody is left in it and no request waits.
-- KEYS[1] stream, KEYS[2] sorted set of the group's consumers by the time until which they count as alive, then all other
-- keys beside the stream that the group needs
-- ARGV[1] for how many ms they are kept at least; 0: a server has gone
-- Result: 1 (they are kept, or have gone) or 0 (somebody is left, or a request waits)
if ARGV[1] ~= '0' then
  for _, key in ipairs(KEYS) do
    local left = redis.call('PTTL', key)
    if left ~= -2 and left < tonumber(ARGV[1]) then
      redis.call('PEXPIRE', key, ARGV[1])
    end
  end
  return 1
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('ZCOUNT', KEYS[2], string.format('(%.0f', now), '+inf') > 0 then
  return 0
end
if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('XLEN', KEYS[1]) > 0 then
  return 0
end
redis.call('DEL', unpack(KEYS))
return 1
