#!lua flags=allow-oom
-- Removes a group that nobody reads with all that is kept beside the stream for it, and the stream where it was the last.
-- A consumer that is in the leases and gave no sign of life yet is just starting: it counts as alive for a while, so that
-- one that crashed there is in the way no longer than others. One of another program counts for ten minutes after its last
-- read. What is neither in a stream that Millrace made nor in one that it wrote to is somebody else's.
-- KEYS[1] stream, KEYS[2] sorted set of the group's consumers by the time until which they count as alive, KEYS[3] hash
-- of the leases of the group's consumers, KEYS[4] floors and KEYS[5] fence epochs, hashes with a field for each group,
-- KEYS[6] the audits of the stream, KEYS[7…6+ARGV[3]] what is kept beside the stream for the group, the rest what goes
-- with the stream
-- ARGV[1] group, ARGV[2] '1' if the stream goes when no group is left, ARGV[3] how many keys are the group's,
-- ARGV[4] the consumer that owns what was handed back and is nobody
-- Result: {1 if there was such a group, else 0} or, with nothing removed, {-1, the consumers that are alive} or {-2} where
-- the stream is somebody else's
local FOREIGN_ALIVE, LEAST_ALIVE, MOST_ALIVE = 600000, 2000, 600000
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- include: named

local function has_group(stream)
  for _, reply in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    if named(reply)['name'] == ARGV[1] then return true end
  end
  return false
end

-- Each group that Millrace makes has a fence epoch, each entry that it writes an id.
local function is_ours(stream)
  if redis.call('EXISTS', KEYS[5]) == 1 then return true end
  local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  return first and named(first[2])['_id'] ~= nil
end

local kind = redis.call('TYPE', KEYS[1])['ok']
local there = kind == 'stream'
if not there and kind ~= 'none' then return { -2 } end
local found = there and has_group(KEYS[1])
if there and not is_ours(KEYS[1]) then return { found and -2 or 0 } end

for _, name in ipairs(redis.call('HKEYS', KEYS[3])) do
  if not redis.call('ZSCORE', KEYS[2], name) then
    local lease = tonumber(redis.call('HGET', KEYS[3], name)) or 0
    local alive = math.min(math.max(20 * lease, LEAST_ALIVE), MOST_ALIVE)
    redis.call('ZADD', KEYS[2], string.format('%.0f', now + alive), name)
  end
end
local alive = redis.call('ZRANGE', KEYS[2], string.format('(%.0f', now), '+inf', 'BYSCORE')
if found then
  for _, reply in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
    local about = named(reply)
    if about['name'] ~= ARGV[4] and about['idle'] < FOREIGN_ALIVE
      and redis.call('HEXISTS', KEYS[3], about['name']) == 0 then
      alive[#alive + 1] = about['name']
    end
  end
end
if #alive > 0 then return { -1, alive } end

local removed = found and redis.call('XGROUP', 'DESTROY', KEYS[1], ARGV[1]) or 0
local own = 6 + ARGV[3]
for i = 7, own do redis.call('UNLINK', KEYS[i]) end
redis.call('HDEL', KEYS[4], ARGV[1])
redis.call('HDEL', KEYS[5], ARGV[1])
redis.call('HDEL', KEYS[6], 'group:' .. ARGV[1], 'foreign:' .. ARGV[1])
-- Only the stream's name is left in it.
if redis.call('HLEN', KEYS[6]) == 1 then redis.call('UNLINK', KEYS[6]) end
if there and ARGV[2] == '1' and #redis.call('XINFO', 'GROUPS', KEYS[1]) == 0 then
  redis.call('UNLINK', KEYS[1])
  for i = own + 1, #KEYS do redis.call('UNLINK', KEYS[i]) end
end
return { removed }
