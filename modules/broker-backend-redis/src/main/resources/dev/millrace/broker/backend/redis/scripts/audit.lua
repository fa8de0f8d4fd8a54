#!lua flags=allow-oom
-- Where everything of a group is now, at one moment; and begins or ends counting. While it counts, the scripts that
-- acknowledge, move, park and trim count what they do; plain XACK is not sent then. What nobody counted as done and what
-- is in none of the places that are looked at is missing.
-- KEYS  1 the stream  2 the group's counters, a hash: there while it counts  3 what is parked  4 the entries of that
--       5 where parked entries come back  6 the group's dead letters  7 the stream's audits, a hash: 'stream' -> its name,
--       'group:GROUP' -> how many entries were dropped, 'foreign:GROUP' -> how many of these were foreign  8 leases of
--       the group's consumers  9 its consumers by the time until which they count as alive  10 fence epochs of the
--       stream's groups
-- ARGV  1 the group  2 'begin' (where it does not count yet), 'take' or 'end'
-- The counters: 'stream'; 'epoch', of the fence when it began; 'reads:CONSUMER' of each reader that counts; 'added' and
-- 'held', where the group stood when all of them did, and since then 'done', 'skipped', 'foreign' (entries without an id
-- that the group has left behind), 'dead-elsewhere' (letters in other streams), 'given' (from such streams, put there
-- before), 'expired' (dead letters trimmed away); 'seen', how many entries the stream had ever had at the last look;
-- 'spoilt' by a reader that acknowledged without counting
-- Result {state, accepted, foreign, done, skipped, dead, waiting, pending, parked, dropped, expired}; the state is 0 off,
-- 1 exact, 2 starting, 3 uncountable, 4 broken
local OFF, EXACT, STARTING, UNCOUNTABLE, BROKEN = 0, 1, 2, 3, 4
-- What is looked at one by one, of what waits and of what is pending.
local MOST, MOST_BYTES = 20000, 32 * 1024 * 1024
local stream, counters, audits = KEYS[1], KEYS[2], KEYS[7]
local group, what = ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

if what == 'end' then
  redis.call('DEL', counters)
  redis.call('HDEL', audits, 'group:' .. group, 'foreign:' .. group)
  if redis.call('HLEN', audits) == 1 then redis.call('DEL', audits) end
end
local on = redis.call('HEXISTS', audits, 'group:' .. group) == 1
local counting = redis.call('EXISTS', counters) == 1
if what == 'begin' and not on and not counting then
  local epoch = redis.call('HGET', KEYS[10], group)
  if not epoch then
    epoch = string.format('%.0f', now - 1704067200000)
    redis.call('HSET', KEYS[10], group, epoch)
  end
  redis.call('HSET', audits, 'stream', stream, 'group:' .. group, 0)
  redis.call('HSET', counters, 'stream', stream, 'epoch', epoch)
  on, counting = true, true
end

local function counter(name) return tonumber(redis.call('HGET', counters, name) or 0) end

-- include: named

local bytes = 0
local function is_foreign(fields)
  local found = true
  for i = 1, #fields, 2 do
    bytes = bytes + #fields[i] + #fields[i + 1]
    if fields[i] == '_id' and #fields[i + 1] > 0 then found = false end
  end
  return found
end

-- Entries of a part of the stream, and how many of them are foreign; whether these are all.
local function look(from, to)
  local found, foreign = 0, 0
  while true do
    local some = redis.call('XRANGE', stream, from, to, 'COUNT', 100)
    found = found + #some
    for _, entry in ipairs(some) do
      if is_foreign(entry[2]) then foreign = foreign + 1 end
    end
    if #some < 100 then return found, foreign, true end
    if found >= MOST or bytes >= MOST_BYTES then return found, foreign, false end
    from = '(' .. some[#some][1]
  end
end

-- Unread entries that are there. The lag also counts those that were trimmed away: it tells only where something that was
-- read is still there, and it is none where something behind it was deleted.
local function unread(about)
  local last = about['last-delivered-id']
  local found, foreign, all = look('(' .. last, '+')
  if all then return found, foreign, true end
  if #redis.call('XRANGE', stream, '-', last, 'COUNT', 1) == 0 then
    return redis.call('XLEN', stream), foreign, true
  end
  if about['lag'] then return about['lag'], foreign, true end
  bytes = 0
  local read, unused, whole = look('-', last)
  if whole then return redis.call('XLEN', stream) - read, foreign, true end
  return found, foreign, false
end

-- Pending entries that are there: what was deleted stays pending until somebody touches it.
local function held(about, deleted)
  local found, foreign, seen, from = 0, 0, 0, '-'
  bytes = 0
  while seen < about['pending'] do
    local page = redis.call('XPENDING', stream, group, from, '+', 100)
    if #page == 0 then break end
    for _, row in ipairs(page) do
      local entry = redis.call('XRANGE', stream, row[1], row[1])[1]
      if entry then
        found = found + 1
        if is_foreign(entry[2]) then foreign = foreign + 1 end
      end
    end
    seen = seen + #page
    if (seen >= MOST or bytes >= MOST_BYTES) and seen < about['pending'] then
      -- Without a deletion only the oldest can be gone, by trimming.
      return about['pending'], foreign, deleted == '0-0' and found == seen
    end
    from = '(' .. page[#page][1]
  end
  return found, foreign, true
end

local added, waiting, pending, foreign, known, there = 0, 0, 0, 0, true, false
if redis.call('EXISTS', stream) == 1 then
  local about_stream = named(redis.call('XINFO', 'STREAM', stream))
  added = about_stream['entries-added']
  for _, reply in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local about = named(reply)
    if about['name'] == group then
      local unread_foreign, held_foreign, all_unread, all_held
      there = true
      waiting, unread_foreign, all_unread = unread(about)
      pending, held_foreign, all_held = held(about, about_stream['max-deleted-entry-id'])
      foreign, known = unread_foreign + held_foreign, all_unread and all_held
    end
  end
end
-- Two keys hold what is parked; an entry that is in one of them only never comes back.
local parked = math.min(redis.call('ZCARD', KEYS[3]), redis.call('HLEN', KEYS[4])) + redis.call('XLEN', KEYS[5])
local dead = redis.call('XLEN', KEYS[6])

-- A reader that lives and does not count yet may be sending plain XACKs.
local function all_count()
  for _, name in ipairs(redis.call('HKEYS', KEYS[8])) do
    local alive = redis.call('ZSCORE', KEYS[9], name)
    if (not alive or tonumber(alive) > now) and redis.call('HEXISTS', counters, 'reads:' .. name) == 0 then
      return false
    end
  end
  return true
end

local function state()
  if not on and not counting then return OFF end
  if not (on and counting and there) or redis.call('HEXISTS', counters, 'spoilt') == 1
    or redis.call('HGET', counters, 'epoch') ~= redis.call('HGET', KEYS[10], group)
    or added < counter('seen') then
    return BROKEN
  end
  redis.call('HSET', counters, 'seen', added)
  if redis.call('HEXISTS', counters, 'added') == 0 then
    if not all_count() then return STARTING end
    if not known then return UNCOUNTABLE end
    redis.call('HDEL', counters, 'done', 'skipped', 'foreign', 'dead-elsewhere', 'given', 'expired')
    redis.call('HSET', counters, 'added', added, 'held', dead + waiting + pending + parked)
    redis.call('HSET', audits, 'group:' .. group, 0)
    redis.call('HDEL', audits, 'foreign:' .. group)
  end
  return known and EXACT or UNCOUNTABLE
end

local result = state()
if result == OFF or result == STARTING then
  return { result, 0, 0, 0, 0, dead, waiting, pending, parked, 0, 0 }
end
foreign = foreign + counter('foreign') + tonumber(redis.call('HGET', audits, 'foreign:' .. group) or 0)
local all = counter('held') + counter('given') + added - counter('added')
local dropped = tonumber(redis.call('HGET', audits, 'group:' .. group) or 0)
return {
  result, all - foreign, foreign, counter('done'), counter('skipped'), dead + counter('dead-elsewhere'), waiting, pending,
  parked, dropped, counter('expired'),
}
