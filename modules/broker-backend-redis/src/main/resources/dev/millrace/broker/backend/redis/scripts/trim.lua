#!lua flags=allow-oom
-- Trims one slice off the beginning of a stream: first what no group needs any more, then, where unread entries do not
-- protect, what groups lose. Whole nodes of the stream go at next to no cost, however many; what costs is bounded.
-- KEYS  1 the stream
--       2 its floors, a hash: group -> the oldest id it may still need; only ever rises
--       3 its audits, a hash (see audit.lua): what groups lose is counted there
--       4 its ledger of what groups lost, a stream: at (milliseconds), group, messages, first, last
--       5 its trend, a hash: hour since 1970 -> 'milliseconds added', how many entries it had ever had then
--       6 what the keys of its groups' notes begin with
--       7 where the stream is a group's dead letters: counters of the audit of that group (see audit.lua)
-- ARGV  1 keep at most this many entries, -1: any number
--       2 keep none older than this many milliseconds, -1: any age
--       3 always keep this many of the newest
--       4 always keep those younger than this many milliseconds
--       5 '1': unread and unacknowledged entries protect, '0': they do not
--       6 remove at most this many
--       7 '1': only tell
--       8 ages count back from these milliseconds since 1970, or from the server's time where that is less, -1: from that
--       9… groups that protect even where they do not exist
-- Result {removed, 1 if another slice would remove more, entries left, group that stops it or '', {group, how many of
--        the removed it still needed, …}}
local stream, floors, audits, ledger, trend = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local max_length, max_age = tonumber(ARGV[1]), tonumber(ARGV[2])
local min_count, min_age = tonumber(ARGV[3]), tonumber(ARGV[4])
local protect, slice, dry = ARGV[5] == '1', tonumber(ARGV[6]), ARGV[7] == '1'
local latest = tonumber(ARGV[8])
local HIGHEST = '18446744073709551615-18446744073709551615'
-- A slice that removed so many leaves the rest of a node to the next one.
local ENOUGH = 1000
-- What a slice looks at one by one: entries it only tells of, entries of an audited stream, pending ones that go, and
-- fewer of these where each has to be looked for in the stream.
local MOST_TOLD, MOST_READ, MOST_READ_BYTES, MOST_PENDING, MOST_PROBED = 1000, 500, 1024 * 1024, 500, 150
-- At so many groups' places a slice stops to count what each of them loses.
local MOST_STAGES = 4
local HOUR, SAMPLES, LEDGER, MOST_NOTES = 3600000, 25, 1000, 20

-- include: ids
-- include: floor

-- include: named

local function number(value) return string.format('%.0f', value) end

if redis.call('EXISTS', stream) == 0 then return { 0, 0, 0, '', {} } end
local length = redis.call('XLEN', stream)
local time = redis.call('TIME')
local server = time[1] * 1000 + math.floor(time[2] / 1000)
local now = latest >= 0 and math.min(server, latest) or server
if dry then slice = math.min(slice, MOST_TOLD) end

-- What each group needs: all from 'unread' on, and what it has pending. The floor: nothing from this id on may go
-- without a loss, because of this group.
local groups, exists, floor, pinned_by = {}, {}, HIGHEST, ''
local function add(name, unread, needs, pending)
  groups[#groups + 1] = { name = name, unread = unread, needs = needs, pending = pending, lost = 0, foreign = 0 }
  if less(needs, floor) then floor, pinned_by = needs, name end
end

local known = named(redis.call('HGETALL', floors))
for _, reply in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  local group = named(reply)
  local name, unread = group['name'], after(group['last-delivered-id'])
  local needs = unread
  -- A group set back has unread entries before its pending ones.
  if group['pending'] > 0 then needs = lower(unread, redis.call('XPENDING', stream, name, '-', '+', 1)[1][1]) end
  if not dry and (not known[name] or less(known[name], needs)) then redis.call('HSET', floors, name, needs) end
  exists[name] = true
  add(name, unread, needs, group['pending'] > 0)
end
for i = 9, #ARGV do
  if not exists[ARGV[i]] then
    local unread = known[ARGV[i]] and after(place_of(stream, known[ARGV[i]])) or '0-0'
    add(ARGV[i], unread, unread, false)
  end
end

-- Two reasons to go, each with an id before which and a number up to which it applies.
local function at_age(age) return number(math.max(0, now - age)) .. '-0' end
-- Exactly as old as asked for is not older, and not younger.
local young = min_age > 0 and at_age(min_age - 1) or HIGHEST
local old = max_age >= 0 and lower(young, at_age(max_age)) or '0-0'
local spare = math.max(0, length - min_count)
local over = max_length >= 0 and math.min(spare, math.max(0, length - max_length)) or 0

local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]

-- The first id, read once until something is removed: it comes with a whole entry, which may be large.
local front
local function first_id()
  if front == nil then
    local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
    front = first and first[1] or false
  end
  return front
end

local function any_before(id)
  local first = first_id()
  return first and less(first, id)
end

-- Removes the oldest entries before an id, up to a number. Where the id is beyond them all, the number alone says which
-- these are, and the server need not look at the ids.
local function remove_before(id, most)
  if most <= 0 or id == '0-0' or not last then return 0 end
  front = nil
  if less(last[1], id) then
    return redis.call('XTRIM', stream, 'MAXLEN', '=', math.max(0, redis.call('XLEN', stream) - most))
  end
  local removed = redis.call('XTRIM', stream, 'MINID', '~', id, 'LIMIT', most)
  if removed >= ENOUGH then return removed end
  while removed < most and any_before(id) do
    local take = math.min(100, most - removed)
    local some = redis.call('XRANGE', stream, '-', '(' .. id, 'COUNT', take + 1)
    removed = removed + redis.call('XTRIM', stream, 'MINID', '=', some[take + 1] and some[take + 1][1] or id)
    front = some[take + 1] and some[take + 1][1]
    if #some <= take then break end
  end
  return removed
end

-- As remove_before, to the last one asked for, and tells the last one removed. Only what is left of a node is read, for
-- large entries have one each.
local function remove_exactly(id, most)
  local newest = most > 0 and redis.call('XREVRANGE', stream, '(' .. id, '-', 'COUNT', 1)[1]
  if not newest then return 0 end
  -- At least one is left to be read, for its id. A limit of 0 would be none.
  local removed = most > 1 and redis.call('XTRIM', stream, 'MINID', '~', id, 'LIMIT', most - 1) or 0
  front = nil
  while removed < most and any_before(id) do
    local take = math.min(100, most - removed)
    local some = redis.call('XRANGE', stream, '-', '(' .. id, 'COUNT', take + 1)
    removed = removed + redis.call('XTRIM', stream, 'MINID', '=', some[take + 1] and some[take + 1][1] or id)
    front = some[take + 1] and some[take + 1][1]
    if #some <= take then break end
    newest = some[take]
  end
  return removed, newest[1]
end

local function is_foreign(fields)
  for i = 1, #fields, 2 do
    if fields[i] == '_id' and #fields[i + 1] > 0 then return false end
  end
  return true
end

-- The oldest entries: {id, whether it is foreign}. Fewer where they are large, but two, for one may go before the other.
local function oldest(most, most_bytes)
  local rows, from, bytes, page = {}, '-', 0, 1
  while #rows < most and (bytes < most_bytes or #rows < 2) do
    local some = redis.call('XRANGE', stream, from, '+', 'COUNT', math.min(page, most - #rows))
    for _, entry in ipairs(some) do
      rows[#rows + 1] = { entry[1], is_foreign(entry[2]) }
      for _, part in ipairs(entry[2]) do bytes = bytes + #part end
    end
    if #some == 0 then break end
    from = '(' .. some[#some][1]
    local fit = math.floor((most_bytes - bytes) * #rows / math.max(1, bytes))
    page = math.max(1, math.min(20, 2 * page, fit))
  end
  return rows
end

-- How many of the first rows are before an id.
local function before_in(rows, most, id)
  local low, high = 0, most
  while low < high do
    local middle = math.floor((low + high) / 2)
    if less(rows[middle + 1][1], id) then low = middle + 1 else high = middle end
  end
  return low
end

-- Looks whether pending entries are still in the stream: what somebody deleted stays pending, and was lost before. No
-- entry is read twice, and of large ones only a few are.
local function prober()
  local deleted = named(redis.call('XINFO', 'STREAM', stream))['max-deleted-entry-id'] or HIGHEST
  local seen, probe = {}, { bytes = 0 }
  function probe.reads(id) return seen[id] == nil and not less(deleted, id) end
  function probe.there(id)
    if probe.reads(id) then
      local entry = redis.call('XRANGE', stream, id, id)[1]
      for _, part in ipairs(entry and entry[2] or {}) do probe.bytes = probe.bytes + #part end
      seen[id] = entry ~= nil
    end
    return seen[id] ~= false
  end
  return probe
end

-- What of the stream groups have pending and may lose where so many go, a few of each. Before the id that is given
-- nothing else is.
local function look_at_pending(first, going)
  local holders, before_id = 0, HIGHEST
  for _, group in ipairs(groups) do holders = holders + (group.pending and 1 or 0) end
  local function share(most) return math.max(1, math.min(going, math.floor(most / holders))) end
  local probe = holders > 0 and prober()
  for _, group in ipairs(groups) do
    group.held = {}
    if group.pending then
      local rows = redis.call('XPENDING', stream, group.name, first, '+', share(MOST_PENDING) + 1)
      local all, probed = share(MOST_PENDING), share(MOST_PROBED)
      for i, row in ipairs(rows) do
        local id = row[1]
        if i > all or i > 1 and probe.reads(id) and (i > probed or probe.bytes >= MOST_READ_BYTES) then
          before_id = lower(before_id, id)
          break
        end
        if probe.there(id) then group.held[#group.held + 1] = id end
      end
    end
  end
  return before_id
end

local function lose(group, count, from, to)
  group.lost = group.lost + count
  if not group.first or less(from, group.first) then group.first = from end
  if not group.last or less(group.last, to) then group.last = to end
end

-- What a group held is not pending any more, so that it cannot become a dead letter as well.
local function lose_pending(group, left_first)
  local gone = {}
  for _, id in ipairs(group.held) do
    if not left_first or less(id, left_first) then
      gone[#gone + 1] = id
      group.gone[id] = true
      if less(id, group.unread) then lose(group, 1, id, id) end
    end
  end
  if #gone > 0 and not dry then
    redis.call('XACK', stream, group.name, unpack(gone))
    redis.call('HDEL', KEYS[6] .. group.name, unpack(gone))
  end
end

-- Removes what groups lose, to the last one asked for. Between the groups' places the replies tell how much that is.
local function remove_with_loss(id, most, stages)
  local removed = 0
  while most > removed and #stages < MOST_STAGES do
    local first = first_id()
    if not first or not less(first, id) then break end
    local up_to = id
    for _, group in ipairs(groups) do
      if less(first, group.unread) then up_to = lower(up_to, group.unread) end
    end
    local count, last = remove_exactly(up_to, most - removed)
    removed = removed + count
    stages[#stages + 1] = { first = first, last = last, count = count }
  end
  return removed
end

local function write_down(group, audited)
  redis.call('XADD', ledger, 'MAXLEN', '~', LEDGER, '*', 'at', number(server), 'group', group.name,
    'messages', group.lost, 'first', group.first, 'last', group.last)
  if audited[group.name] then
    redis.call('HINCRBY', audits, 'group:' .. group.name, group.lost)
    if group.foreign > 0 then redis.call('HINCRBY', audits, 'foreign:' .. group.name, group.foreign) end
  end
end

local function audited_groups()
  local found, any = {}, false
  if not dry and redis.call('EXISTS', audits) == 1 then
    for _, group in ipairs(groups) do
      if redis.call('HEXISTS', audits, 'group:' .. group.name) == 1 then found[group.name], any = true, true end
    end
  end
  return found, any
end

-- The part of a slice that groups lose: by age up to a number, by length up to another.
local function drop(by_age, by_length)
  local first = first_id()
  if not first or not (by_age > 0 and less(first, old) or by_length > 0 and less(first, young)) then return 0 end
  local audited, any = audited_groups()
  local bound = look_at_pending(first, math.max(by_age, by_length))
  local read = any and oldest(math.min(MOST_READ, math.max(by_age, by_length)), MOST_READ_BYTES) or {}
  if any then by_age, by_length = math.min(by_age, #read), math.min(by_length, #read) end
  local stages = {}
  local removed = remove_with_loss(lower(old, bound), by_age, stages)
  removed = removed + remove_with_loss(lower(young, bound), by_length - removed, stages)
  local left_first = first_id()
  for _, group in ipairs(groups) do
    group.gone = {}
    for _, stage in ipairs(stages) do
      if not less(stage.first, group.unread) then lose(group, stage.count, stage.first, stage.last) end
    end
    lose_pending(group, left_first)
    if audited[group.name] and removed > 0 then
      local behind = before_in(read, removed, group.unread)
      for i = 1, removed do
        if read[i][2] and (i > behind or group.gone[read[i][1]]) then group.foreign = group.foreign + 1 end
      end
    end
    if group.lost > 0 then write_down(group, audited) end
  end
  return removed
end

-- What would go, by looking: how many, and the first that would stay.
local function tell()
  local rows = oldest(math.min(slice, length) + 1, MOST_READ_BYTES)
  -- One more was looked at, where there is one: what would stand first.
  local most = math.min(slice, spare, #rows < length and #rows - 1 or #rows)
  local by_age, by_length = protect and lower(old, floor) or old, protect and lower(young, floor) or young
  local going = math.max(before_in(rows, most, by_age), before_in(rows, math.min(most, over), by_length))
  local losing = going > 0 and not protect and going - before_in(rows, going, floor) or 0
  if losing > 0 then going = before_in(rows, going, look_at_pending(rows[1][1], losing)) end
  local left_first = rows[going + 1] and rows[going + 1][1]
  if losing > 0 then
    for _, group in ipairs(groups) do
      group.gone = {}
      local behind = before_in(rows, going, group.unread)
      if behind < going then lose(group, going - behind, rows[behind + 1][1], rows[going][1]) end
      lose_pending(group, left_first)
    end
  end
  return going, left_first
end

-- What somebody acknowledged by hand leaves its note behind. A few at a time, for there may be many.
local function forget_notes()
  for _, group in ipairs(groups) do
    for _, id in ipairs(redis.call('HRANDFIELD', KEYS[6] .. group.name, MOST_NOTES)) do
      if less(id, group.needs) then redis.call('HDEL', KEYS[6] .. group.name, id) end
    end
  end
end

-- One sample an hour. Where fewer were added than before, it is another stream.
local function sample()
  local hour = number(math.floor(now / HOUR))
  if redis.call('HEXISTS', trend, hour) == 1 then return end
  local added = named(redis.call('XINFO', 'STREAM', stream))['entries-added']
  local oldest_hour, count = nil, 0
  for at, value in pairs(named(redis.call('HGETALL', trend))) do
    if tonumber(string.match(value, '%d+$') or 0) > added then
      redis.call('DEL', trend)
      count = 0
      break
    end
    count = count + 1
    if not oldest_hour or tonumber(at) < tonumber(oldest_hour) then oldest_hour = at end
  end
  if count >= SAMPLES then redis.call('HDEL', trend, oldest_hour) end
  redis.call('HSET', trend, hour, number(now) .. ' ' .. number(added))
  forget_notes()
end

local removed, first
if dry then
  removed, first = tell()
else
  removed = remove_before(lower(old, floor), math.min(slice, spare))
  removed = removed + remove_before(lower(young, floor), math.min(slice, over) - removed)
  if not protect and removed < ENOUGH then
    removed = removed + drop(math.min(slice, spare) - removed, math.min(slice, over) - removed)
  end
  if KEYS[7] and removed > 0 and redis.call('EXISTS', KEYS[7]) == 1 then
    redis.call('HINCRBY', KEYS[7], 'expired', removed)
  end
  sample()
  first = first_id()
end

local losses = {}
for _, group in ipairs(groups) do
  if group.lost > 0 then
    losses[#losses + 1] = group.name
    losses[#losses + 1] = group.lost
  end
end

-- What stands first now tells whether there is more to do, and what stops it.
local left = length - removed
if not first or left <= min_count then return { removed, 0, left, '', losses } end
local too_many = max_length >= 0 and left > max_length
local wanted = less(first, old) or (too_many and less(first, young))
local stopped = protect and not less(first, floor)
if wanted and not stopped then return { removed, 1, left, '', losses } end
return { removed, 0, left, wanted and pinned_by or '', losses }
