-- Where everything of a group is now, at one moment; and begins or ends counting. While it counts, the scripts that move,
-- park and acknowledge note what plain numbers of the stream do not tell.
-- KEYS  1 the stream  2 the counters, a hash: there while it counts  3 what is parked  4 where that comes back
--       5 the group's dead letters
-- ARGV  1 the group  2 'begin' (where it does not count yet), 'take' or 'end'
-- Result {1 if it counts and the stream can tell, accepted, done, dead, waiting, pending, parked}
local stream, counters = KEYS[1], KEYS[2]
if ARGV[2] == 'end' then redis.call('DEL', counters) end
local counting = redis.call('EXISTS', counters) == 1

local function named(reply)
  local map = {}
  for i = 1, #reply, 2 do map[reply[i]] = reply[i + 1] end
  return map
end

-- Unread entries that are there. The lag also counts those that were trimmed away; it serves only where there are more
-- than can be counted in a moment.
local function unread(group)
  local last, found, from = group['last-delivered-id'], 0, nil
  if #redis.call('XRANGE', stream, '-', last, 'COUNT', 1) == 0 then
    return redis.call('XLEN', stream)
  end
  from = '(' .. last
  while true do
    local some = redis.call('XRANGE', stream, from, '+', 'COUNT', 100)
    found = found + #some
    if #some < 100 then return found end
    if found >= 20000 and group['lag'] then return group['lag'] end
    from = '(' .. some[#some][1]
  end
end

local added, read, pending, waiting, known = 0, 0, 0, 0, true
if redis.call('EXISTS', stream) == 1 then
  added = named(redis.call('XINFO', 'STREAM', stream))['entries-added']
  for _, reply in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local group = named(reply)
    if group['name'] == ARGV[1] then
      pending, waiting, read = group['pending'], unread(group), group['entries-read']
      if not read and ARGV[2] == 'begin' and not counting then
        -- From here on it is counted up, and not estimated from what was trimmed.
        read = added - waiting
        redis.call('XGROUP', 'SETID', stream, ARGV[1], group['last-delivered-id'], 'ENTRIESREAD', read)
      elseif not read then
        read, known = added - waiting, false
      end
    end
  end
end
local parked = redis.call('ZCARD', KEYS[3]) + redis.call('XLEN', KEYS[4])
local dead = redis.call('XLEN', KEYS[5])
local acknowledged, held = read - pending, dead + waiting + pending + parked

if ARGV[2] == 'begin' and not counting then
  redis.call('HSET', counters, 'added', added, 'acknowledged', acknowledged, 'held', held)
  counting = true
end
if not counting then
  return { 0, held, 0, dead, waiting, pending, parked }
end
local function counter(name) return tonumber(redis.call('HGET', counters, name) or 0) end
local accepted = counter('held') + added - counter('added')
local done = acknowledged - counter('acknowledged') - counter('main-left') + counter('back-done')
dead = dead + counter('dead-elsewhere')
return { known and 1 or 0, accepted, done, dead, waiting, pending, parked }
