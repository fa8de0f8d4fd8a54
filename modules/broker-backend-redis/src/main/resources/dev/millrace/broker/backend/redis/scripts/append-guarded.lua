-- Appends entries on conditions: each number of a line once and in order, each id once as long as it is remembered, up to
-- a backlog, and to a backup what does not fit or would pass what waits there.
-- A line is the text "GENERATION LAST SINCE", and " sealed" behind it: the number up to which it has come, and from which
-- on its entries went to the backup (0: the last one went to the stream). A marker of an id is "GENERATION ID", with ">"
-- before the id where that is one of the backup. Deleting the stream deletes its generation, and the lines and markers of
-- an earlier one count for nothing.
-- KEYS  1 stream  2 the stream's generation  3 its backup (the stream itself: none)
--       4 the line (the stream itself: none)  5… the marker of each entry that has one
-- ARGV  1 the limit of the backlog, or ''  2 the line's number of the first entry, the others follow one by one, or ''
--       3 nothing is appended before the line has come so far  4 for how many ms the line is remembered
--       5 for how many ms an id is  6 the name of a new generation  7 1: write in any case  8 how many entries
--       9… for each entry how many words it has, with a minus if it has no marker, then these
-- Result for each entry: its id; "=" and its id where it was there before, without one where that is not known;
--       ">" and its id in the backup; "~" and its id where it was in the backup before, perhaps without one; "#" and the
--       backlog where that is full; "^" and how far the line has come where it cannot go on; "-" and the error
-- Once a script has written anything, Redis lets it write beyond its memory limit: what it refuses when memory is full
-- comes before all other writes.
local stream, ids, count = KEYS[1], KEYS[2], tonumber(ARGV[8])
local backup, line = KEYS[3] ~= stream and KEYS[3], KEYS[4] ~= stream and KEYS[4]
local number, life = tonumber(ARGV[2]), math.max(tonumber(ARGV[4]), tonumber(ARGV[5]))
local remembers = line or #KEYS > 4
local result, known, last, since = {}, 0, 0, 0
local generation = remembers and redis.call('GET', ids)
local kept = generation

local function in_backup(id)
  return backup and #redis.call('XRANGE', backup, id, id, 'COUNT', 1) == 1
end

if line then
  local value = generation and redis.call('GET', line)
  local which, far, from, sealed, goes_on
  if value then
    which, far, from, sealed = string.match(value, '^(%S+) (%d+) (%d+)(.*)$')
    if which == generation then last, since = tonumber(far), tonumber(from) end
  end
  goes_on = (which ~= generation or sealed == '') and last >= tonumber(ARGV[3])
  known = math.min(count, math.max(0, last - number + 1))
  if known > 0 then
    local waits = since > 0 and backup and redis.call('EXISTS', backup) == 1
    for i = 1, known do result[i] = waits and number + i - 1 >= since and '~' or '=' end
  end
  if not goes_on then
    for i = known + 1, count do result[i] = string.format('^%.0f', last) end
    known = count
  end
end

if remembers and not generation and known < count then
  generation = ARGV[6]
  redis.call('SET', ids, generation, 'PX', string.format('%.0f', 2 * life))
end
local prefix = generation and generation .. ' '

local function found(marker)
  local value = redis.call('GET', marker)
  if not value or string.sub(value, 1, #prefix) ~= prefix then return nil end
  local id = string.sub(value, #prefix + 1)
  if string.sub(id, 1, 1) ~= '>' then return '=' .. id end
  id = string.sub(id, 2)
  return in_backup(id) and '~' .. id or '='
end

local to, fits, backlog = stream, count, 0
local limit = tonumber(ARGV[1])
if (backup or limit) and known < count then
  -- include: backlog
  -- include: drain
  -- include: route
  to, fits, backlog = route(stream, backup, limit, count - known)
end
local spilled = to ~= stream

local at, key, added, came, stopped = 9, 4, 0, last, nil
for i = 1, count do
  local n, marker = math.abs(tonumber(ARGV[at])), nil
  if string.byte(ARGV[at]) ~= 45 then
    key = key + 1
    marker = KEYS[key]
  end
  if i > known then
    local outcome = stopped or (marker and found(marker))
    if not outcome and added >= fits then
      outcome = string.format('#%.0f', backlog + added)
      stopped = line and string.format('^%.0f', came)
    elseif not outcome then
      local id = redis.pcall('XADD', to, '*', unpack(ARGV, at + 1, at + n))
      if type(id) == 'table' then
        outcome = '-' .. id.err
        stopped = line and string.format('^%.0f', came)
      else
        added = added + 1
        outcome = spilled and '>' .. id or id
        if marker then redis.call('SET', marker, prefix .. outcome, 'PX', ARGV[5]) end
      end
    end
    result[i] = outcome
    if line and not stopped then came = number + i - 1 end
  end
  at = at + n + 1
end

local wrote = added > 0
if line and came > last then
  if not spilled then since = 0 elseif since == 0 then since = number + known end
  redis.call('SET', line, string.format('%s %.0f %.0f', generation, came, since), 'PX', ARGV[4])
  wrote = true
elseif line and last > 0 then
  redis.call('PEXPIRE', line, ARGV[4], 'GT')
  wrote = true
end
-- Not with every append, and so for twice as long.
if kept and wrote and redis.call('PTTL', ids) < life then
  redis.call('PEXPIRE', ids, string.format('%.0f', 2 * life), 'GT')
end
-- A wait for replicas counts from the caller's last write: finding a duplicate is none.
if ARGV[7] == '1' and added == 0 and generation then
  redis.call('PEXPIREAT', ids, redis.call('PEXPIRETIME', ids))
end
return result
