#!lua flags=allow-oom
-- Makes a group, and its stream, where they do not exist. A group that existed before begins with its stored floor,
-- the oldest entry that it may still need; never at the end of the stream. A floor beyond the stream's last id is of
-- an earlier stream of that name: such a group begins at 0. A new group has a fence epoch higher than any before it,
-- even if the old one was lost: it is the time.
-- Also notes the caller's lease, for whoever looks for entries whose lease has run out.
-- KEYS[1] stream, KEYS[2] hash of the floors of its groups, KEYS[3] hash of the leases of the group's consumers,
-- KEYS[4] hash of the fence epochs of its groups, KEYS[5] hash of the notes of its entries,
-- KEYS[6] counters of the audit (see audit.lua)
-- ARGV[1] group, ARGV[2] where it begins without a floor, ARGV[3] consumer or '', ARGV[4] its lease in ms
-- Result: {how, start, fence epoch, 1 if an audit counts}: how is 0 (it exists), 1 (it is new) or 2 (it is made again at
-- its floor)

-- include: ids
-- include: floor

local kind = redis.call('TYPE', KEYS[1])['ok']
local floor = redis.call('HGET', KEYS[2], ARGV[1])
local start = ARGV[2]
if floor and (kind == 'stream' or kind == 'none') then
  local stale
  start, stale = place_of(KEYS[1], floor)
  if stale then
    redis.call('HDEL', KEYS[2], ARGV[1])
  end
  if start == '0-0' then
    start = '0'
  end
end
local epoch = redis.call('HGET', KEYS[4], ARGV[1])
local made = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], start, 'MKSTREAM')
local exists = type(made) == 'table' and made.err
if exists and not string.find(made.err, 'BUSYGROUP', 1, true) then
  return made
end
if not exists then
  redis.call('DEL', KEYS[5])
end
if not exists or not epoch then
  local time = redis.call('TIME')
  local since2024 = time[1] * 1000 + math.floor(time[2] / 1000) - 1704067200000
  epoch = string.format('%.0f', math.max(since2024, tonumber(epoch or 0) + 1))
  redis.call('HSET', KEYS[4], ARGV[1], epoch)
end
local counts = redis.call('EXISTS', KEYS[6])
if ARGV[3] ~= '' and redis.call('HSET', KEYS[3], ARGV[3], ARGV[4]) == 1 and counts == 1 then
  -- A new name has nothing to acknowledge yet, and counts from this answer on.
  redis.call('HSET', KEYS[6], 'reads:' .. ARGV[3], '1')
end
return { exists and 0 or floor and 2 or 1, start, epoch, counts }
