-- Puts a request into its stream, unless its id is known: then its reply is told, or the inbox waits for it too. Nothing
-- that this writes stays longer than the request's timeout and the time for which its reply is kept.
-- KEYS[1] stream, KEYS[2] hash of the request: at (its entry's id), to (inboxes, with a blank between), reply
-- ARGV[1] inbox, ARGV[2] timeout in ms, ARGV[3] how many ms the reply is kept, ARGV[4] the name of the field for the
-- deadline, then field, value, …
-- Result: {0} (queued), {1} (it was under way) or {2, reply}
local known = redis.call('HMGET', KEYS[2], 'at', 'to', 'reply')
if known[3] then
  return { 2, known[3] }
end
local life = tonumber(ARGV[2]) + tonumber(ARGV[3])

local function lives(key)
  if redis.call('PTTL', key) < life then
    redis.call('PEXPIRE', key, string.format('%.0f', life))
  end
end

if known[1] then
  if not string.find(' ' .. known[2] .. ' ', ' ' .. ARGV[1] .. ' ', 1, true) then
    redis.call('HSET', KEYS[2], 'to', known[2] .. ' ' .. ARGV[1])
  end
  lives(KEYS[2])
  return { 1 }
end
local time = redis.call('TIME')
local deadline = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2]
local id = redis.call('XADD', KEYS[1], '*', ARGV[4], string.format('%.0f', deadline), unpack(ARGV, 5))
redis.call('HSET', KEYS[2], 'at', id, 'to', ARGV[1])
lives(KEYS[1])
lives(KEYS[2])
return { 0 }
