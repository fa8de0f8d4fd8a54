#!lua flags=no-writes
-- How a stream stands, as far as retention is concerned, at one moment. Costs a few reads for each group, however long the
-- stream is.
-- KEYS  1 the stream  2 the floors of its groups, a hash (see trim.lua)  3 its trend, a hash (see trim.lua)
-- ARGV  groups that protect even where they do not exist
-- Result {1 if it exists, server's time in ms, length, entries ever added, first id or '', last id or '',
--   bytes or -1 where the server does not tell, {sample of the trend, …}, {need, …}}; a need is {group, 'pending',
--   'unread' or 'absent', first id that it needs or '', message id of that or '', consumer or '', ms idle, how many
--   are pending}
local stream = KEYS[1]
local HIGHEST = '18446744073709551615-18446744073709551615'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- include: named

local function message_id(entry)
  for i = 1, #entry[2], 2 do
    if entry[2][i] == '_id' then return entry[2][i + 1] end
  end
  return ''
end

-- include: ids
-- include: floor

local needs, exists = {}, {}
local function first_behind(id)
  -- The server takes no range that begins behind the highest id.
  if id == HIGHEST then return nil end
  return redis.call('XRANGE', stream, '(' .. id, '+', 'COUNT', 1)[1]
end

local function add(name, kind, entry, pending)
  needs[#needs + 1] = { name, kind, entry and entry[1] or '', entry and message_id(entry) or '', '', 0, pending }
end

local function add_group(name, delivered, pending)
  local unread = first_behind(delivered)
  local row = pending > 0 and redis.call('XPENDING', stream, name, '-', '+', 1)[1]
  -- A group set back has unread entries before its pending ones.
  if not row or unread and less(unread[1], row[1]) then return add(name, 'unread', unread, pending) end
  -- One that somebody deleted stays pending, and in the way.
  local entry = redis.call('XRANGE', stream, row[1], row[1])[1]
  needs[#needs + 1] = { name, 'pending', row[1], entry and message_id(entry) or '', row[2], row[3], pending }
end

local about
if redis.call('EXISTS', stream) == 1 then
  about = named(redis.call('XINFO', 'STREAM', stream))
  for _, reply in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local group = named(reply)
    exists[group['name']] = true
    add_group(group['name'], group['last-delivered-id'], group['pending'])
  end
end
for _, name in ipairs(ARGV) do
  if not exists[name] then
    local floor = redis.call('HGET', KEYS[2], name)
    add(name, 'absent', first_behind(floor and place_of(stream, floor) or '0-0'), 0)
  end
end
if not about then return { 0, now, 0, 0, '', '', -1, {}, needs } end

local function id(entry) return entry and entry[1] or '' end
local bytes = redis.pcall('MEMORY', 'USAGE', stream)
return {
  1, now, about['length'], about['entries-added'], id(about['first-entry']), id(about['last-entry']),
  type(bytes) == 'number' and bytes or -1, redis.call('HVALS', KEYS[3]), needs,
}
