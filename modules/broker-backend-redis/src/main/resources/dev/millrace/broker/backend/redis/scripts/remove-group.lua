#!lua flags=allow-oom
-- Removes a group that nobody reads with all that is kept beside the stream for it, and the stream where it was the last.
-- KEYS[1] stream, KEYS[2] sorted set of the group's consumers by the time until which they count as alive, KEYS[3] and
-- KEYS[4] hashes with a field for each group, KEYS[5] the audits of the stream, KEYS[6…5+ARGV[3]] what is kept beside
-- the stream for the group, the rest what goes with the stream
-- ARGV[1] group, ARGV[2] '1' if the stream goes when no group is left, ARGV[3] how many keys are the group's
-- Result: {1 if there was such a group, else 0} or, with nothing removed, {-1, the consumers that are alive}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local alive = redis.call('ZRANGE', KEYS[2], string.format('(%.0f', now), '+inf', 'BYSCORE')
if #alive > 0 then return { -1, alive } end

local there = redis.call('EXISTS', KEYS[1]) == 1
local removed = there and redis.call('XGROUP', 'DESTROY', KEYS[1], ARGV[1]) or 0
local own = 5 + ARGV[3]
for i = 6, own do redis.call('UNLINK', KEYS[i]) end
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('HDEL', KEYS[4], ARGV[1])
redis.call('HDEL', KEYS[5], 'group:' .. ARGV[1], 'foreign:' .. ARGV[1])
if there and ARGV[2] == '1' and #redis.call('XINFO', 'GROUPS', KEYS[1]) == 0 then
  redis.call('UNLINK', KEYS[1])
  for i = own + 1, #KEYS do redis.call('UNLINK', KEYS[i]) end
end
return { removed }
