#!lua flags=allow-oom
-- Trims one slice off the beginning of a stream, and never what a group still needs.
-- KEYS  1 the stream
--       2 its floors, a hash: group -> the oldest id it may still need; only ever rises
-- ARGV  1 keep at most this many entries, -1: any number
--       2 keep none older than this many milliseconds, -1: any age
--       3 always keep this many of the newest
--       4 always keep those younger than this many milliseconds
--       5 '1': unread and unacknowledged entries protect, '0': they do not
--       6 remove at most this many
--       7 '1': only tell
--       8… groups that protect even where they do not exist
-- Result {removed, 1 if another slice would remove more, entries left, group that stops it or ''}
local stream, floors = KEYS[1], KEYS[2]
local max_length, max_age = tonumber(ARGV[1]), tonumber(ARGV[2])
local min_count, min_age = tonumber(ARGV[3]), tonumber(ARGV[4])
local protect, slice, dry = ARGV[5] == '1', tonumber(ARGV[6]), ARGV[7] == '1'

-- include: ids

local function lower(a, b)
  if less(a, b) then return a end
  return b
end

local length = redis.call('XLEN', stream)
if redis.call('EXISTS', stream) == 0 then return {0, 0, 0, ''} end

-- The floor: nothing from this id on may go, because of this group.
local highest = '18446744073709551615-18446744073709551615'
local floor, pinned_by = highest, ''
local exists = {}
for _, reply in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  local group = {}
  for i = 1, #reply, 2 do group[reply[i]] = reply[i + 1] end
  local name = group['name']
  local needs
  if group['pending'] > 0 then
    needs = redis.call('XPENDING', stream, name, '-', '+', 1)[1][1]
  else
    needs = after(group['last-delivered-id'])
  end
  exists[name] = true
  if not dry then
    local known = redis.call('HGET', floors, name)
    if not known or less(known, needs) then redis.call('HSET', floors, name, needs) end
  end
  if less(needs, floor) then floor, pinned_by = needs, name end
end
for i = 8, #ARGV do
  if not exists[ARGV[i]] then
    local needs = redis.call('HGET', floors, ARGV[i]) or '0-0'
    if less(needs, floor) then floor, pinned_by = needs, ARGV[i] end
  end
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function at_age(age)
  return string.format('%.0f-0', math.max(0, now - age))
end

-- Two reasons to go, each with an id before which and a number up to which it applies.
local young = min_age > 0 and at_age(min_age) or highest
local over = max_length >= 0 and math.max(0, length - max_length) or 0
local spare = math.max(0, length - min_count)
over = math.min(over, spare)
local free_length, free_age = young, max_age >= 0 and lower(young, at_age(max_age)) or '0-0'
local by_length = protect and lower(free_length, floor) or free_length
local by_age = protect and lower(free_age, floor) or free_age

-- How many of the oldest entries are before an id, up to a number. In chunks, for the memory.
local function count_before(id, most)
  local found, from = 0, '-'
  while found < most and id ~= '0-0' do
    local some = redis.call('XRANGE', stream, from, '(' .. id, 'COUNT', math.min(100, most - found))
    found = found + #some
    if #some == 0 or (#some < 100 and found < most) then break end
    from = '(' .. some[#some][1]
  end
  return found
end

-- Removes the oldest entries before an id, up to a number: whole nodes first, which costs next to
-- nothing, then the rest of one node by its ids.
local function remove_before(id, most)
  if most <= 0 or id == '0-0' then return 0 end
  local removed = redis.call('XTRIM', stream, 'MINID', '~', id, 'LIMIT', most)
  while removed < most do
    local some =
      redis.call('XRANGE', stream, '-', '(' .. id, 'COUNT', math.min(101, most - removed + 1))
    if #some == 0 then break end
    local take = math.min(#some, most - removed, 100)
    local bound = after(some[take][1])
    removed = removed + redis.call('XTRIM', stream, 'MINID', '=', bound)
    if #some <= take then break end
  end
  return removed
end

local removed
if dry then
  removed = math.max(
    count_before(by_age, math.min(slice + 1, spare)),
    count_before(by_length, math.min(slice + 1, over)))
  local more = removed > slice and 1 or 0
  removed = math.min(removed, slice)
  if more == 1 then return {removed, 1, length - removed, ''} end
else
  removed = remove_before(by_age, math.min(slice, spare))
  removed = removed + remove_before(by_length, math.min(slice, over) - removed)
end

-- What stands first now tells whether there is more to do, and what stops it.
local left, first = length - removed, nil
if left > 0 then
  if dry and removed > 0 then
    local last
    local from = '-'
    local to_skip = removed
    while to_skip > 0 do
      local some = redis.call('XRANGE', stream, from, '+', 'COUNT', math.min(100, to_skip))
      to_skip = to_skip - #some
      last = some[#some][1]
      from = '(' .. last
    end
    first = redis.call('XRANGE', stream, '(' .. last, '+', 'COUNT', 1)[1][1]
  else
    first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1][1]
  end
end
if not first or left <= min_count then return {removed, 0, left, ''} end
local too_many = max_length >= 0 and left > max_length
if less(first, by_age) or (too_many and less(first, by_length)) then
  return {removed, 1, left, ''}
end
local wanted = less(first, free_age) or (too_many and less(first, free_length))
return {removed, 0, left, protect and wanted and pinned_by or ''}
