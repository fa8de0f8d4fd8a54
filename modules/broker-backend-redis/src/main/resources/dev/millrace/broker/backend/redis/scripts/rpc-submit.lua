-- Puts requests into their stream, but for those whose id is known: then its reply is told, or the inbox waits for it too.
-- Nothing that this writes stays longer than the request's timeout and the time for which its reply is kept.
-- KEYS[1] stream, KEYS[2]… the key of each request (see include/call.lua)
-- ARGV[1]… the names of the fields for the deadline, for the inbox, and for how long the reply is kept; then for each request:
-- inbox, timeout in ms, how many ms the reply is kept, how many words follow, and these: field, value, …
-- Result: for each request 0 (queued), 1 (it was under way), 2 (its key is none of ours) or its reply

-- include: call

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Mostly none is known, and one look tells so of all.
local fresh = redis.call('EXISTS', unpack(KEYS, 2)) == 0
local put = {}
local longest = 0
local result = {}
local timeout, kept, life, deadline, expiry
local word = 4
for i = 2, #KEYS do
  local inbox = ARGV[word]
  if ARGV[word + 1] ~= timeout or ARGV[word + 2] ~= kept then
    timeout, kept = ARGV[word + 1], ARGV[word + 2]
    life = timeout + kept
    deadline, expiry = string.format('%.0f', now + timeout), string.format('%.0f', life)
  end
  local last = word + 3 + ARGV[word + 3]
  -- Whatever is there, the others go on: some of them may be in the stream already.
  local known = (not fresh or put[KEYS[i]]) and redis.pcall('GET', KEYS[i])
  if not known then
    local id = redis.call(
      'XADD', KEYS[1], '*', ARGV[1], deadline, ARGV[2], inbox, ARGV[3], kept, unpack(ARGV, word + 4, last))
    redis.call('SET', KEYS[i], id .. ' ' .. inbox, 'PX', expiry)
    put[KEYS[i]] = true
    result[i - 1] = 0
    longest = math.max(longest, life)
  elseif type(known) == 'table' then
    result[i - 1] = 2
  else
    local at, inboxes, reply = call(known)
    result[i - 1] = reply or 1
    if inboxes then
      if not string.find(' ' .. inboxes .. ' ', ' ' .. inbox .. ' ', 1, true) then
        redis.call('SET', KEYS[i], known .. ' ' .. inbox, 'KEEPTTL')
      end
      if redis.call('PTTL', KEYS[i]) < life then
        redis.call('PEXPIRE', KEYS[i], expiry)
      end
      longest = math.max(longest, life)
    end
  end
  word = last + 1
end
if longest > 0 and redis.call('PTTL', KEYS[1]) < longest then
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', longest))
end
return result
