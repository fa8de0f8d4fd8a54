#!lua flags=allow-oom
-- Says that a reader lives, and gives it the turn to look after its group if nobody has it: one looks at a time, for
-- all processes. Who has the turn also gets the group's floor written, for a group that vanishes begins there again.
-- Does nothing where there is no stream.
-- KEYS[1] stream, KEYS[2] hash of the floors of its groups, KEYS[3] hash of the leases of the group's consumers,
-- KEYS[4] sorted set of the group's consumers by the time until which they count as alive, KEYS[5] who has the turn,
-- KEYS[6] the stream where the group's parked entries come back, KEYS[7] counters of the audit (see audit.lua)
-- ARGV[1] group, ARGV[2] consumer, ARGV[3] its lease in ms, ARGV[4] for how many ms it counts as alive,
-- ARGV[5] for how many ms it would have the turn (0: gives it back), ARGV[6] '1' takes it from anybody,
-- ARGV[7] '1' writes the floor, ARGV[8] '1' if its process has acknowledged something that no audit counted
-- Result: {server's time in ms, 1 if it has the turn, ms until the turn is free, consumers alive, leases,
--   1 if KEYS[6] exists, 1 if an audit waits for the caller to count}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('EXISTS', KEYS[1]) == 0 then
  return { now, 0, 0, 0, {}, 0, 0 }
end
local joins = redis.call('EXISTS', KEYS[7]) == 1 and redis.call('HEXISTS', KEYS[7], 'reads:' .. ARGV[2]) == 0 and 1 or 0
if joins == 1 and ARGV[8] == '1' and redis.call('HEXISTS', KEYS[7], 'added') == 1 then
  -- It was taken for dead when the counting began, and what it has acknowledged since was not counted.
  redis.call('HSET', KEYS[7], 'spoilt', ARGV[2])
end
redis.call('HSET', KEYS[3], ARGV[2], ARGV[3])
redis.call('ZADD', KEYS[4], string.format('%.0f', now + ARGV[4]), ARGV[2])
local back = redis.call('EXISTS', KEYS[6])
local alive = redis.call('ZCOUNT', KEYS[4], string.format('(%.0f', now), '+inf')
local holder = redis.call('GET', KEYS[5])
if ARGV[5] == '0' then
  if holder == ARGV[2] then
    redis.call('DEL', KEYS[5])
  end
  return { now, 0, 0, alive, {}, back, joins }
end
local leases = redis.call('HGETALL', KEYS[3])
if holder and holder ~= ARGV[2] and ARGV[6] ~= '1' then
  return { now, 0, redis.call('PTTL', KEYS[5]), alive, leases, back, joins }
end
redis.call('SET', KEYS[5], ARGV[2], 'PX', ARGV[5])
if ARGV[7] ~= '1' then
  return { now, 1, 0, alive, leases, back, joins }
end

-- include: ids

for _, reply in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = {}
  for i = 1, #reply, 2 do group[reply[i]] = reply[i + 1] end
  if group['name'] == ARGV[1] then
    local needs = after(group['last-delivered-id'])
    if group['pending'] > 0 then
      -- A group set back has unread entries before its pending ones.
      needs = lower(needs, redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1)[1][1])
    end
    local known = redis.call('HGET', KEYS[2], ARGV[1])
    if not known or less(known, needs) then
      redis.call('HSET', KEYS[2], ARGV[1], needs)
    end
  end
end
return { now, 1, 0, alive, leases, back, joins }
