-- Appends entries that their producer has numbered, each number once. The ring is a string: a head (the highest number,
-- the window), then a slot for each number modulo the window (number, milliseconds and sequence of the entry's id; with
-- 2^47 added to the milliseconds where it is an id of the backup).
-- KEYS  1 stream  2 the producer's ring  3 the stream's backup, or no third
-- ARGV  1 number of the first entry, the others follow one by one  2 window, always the same for a ring
--       3 1: append nothing if the ring is gone  4 lifetime of the ring in milliseconds
--       5 1: renew the lifetime, which is a write in any case  6 how many entries
--       7 words of each entry, or 0: each has the number of its words before it  8 the limit of the backlog, or ''
--       9 a number that is to be in the ring before anything is appended, or 0  10… the entries' words
-- Result for each entry: its id; "=" and its id where it was there before, without one where that is not known;
--       "<" below the window, not appended; "!" the ring is gone, not appended; ">", "~" and "#": see
--       append-guarded.lua; "@" and the number that is to be in the ring and is not; "-" and the error
local IN_BACKUP = 140737488355328
local first, window, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[6])
local words, after = tonumber(ARGV[7]), tonumber(ARGV[9])
local head = redis.call('GETRANGE', KEYS[2], 0, 15)
local highest = 0
local result = {}
if #head == 16 then
  local size
  highest, size = struct.unpack('>I8I8', head)
  if size ~= window then return redis.error_reply('WINDOW the ring has a window of ' .. size) end
elseif ARGV[3] == '1' then
  for i = 1, count do result[i] = '!' end
  return result
end

local function slot(number) return 16 + number % window * 16 end

local function place(number)
  local kept = redis.call('GETRANGE', KEYS[2], slot(number), slot(number) + 15)
  if #kept < 16 then return nil end
  local which, millis, seq = struct.unpack('>I6I6I4', kept)
  if which == number then return millis, seq end
end

local function before(number)
  if number > highest then return nil end
  if number <= highest - window then return '<' end
  local millis, seq = place(number)
  if not millis then return nil end
  if millis < IN_BACKUP then return string.format('=%.0f-%.0f', millis, seq) end
  local id = string.format('%.0f-%.0f', millis - IN_BACKUP, seq)
  return KEYS[3] and #redis.call('XRANGE', KEYS[3], id, id) == 1 and '~' .. id or '='
end

if after > 0 and (after > highest or after <= highest - window or not place(after)) then
  for i = 1, count do result[i] = before(first + i - 1) or '@' .. ARGV[9] end
  return result
end

local to, fits, backlog = KEYS[1], count, 0
if KEYS[3] or ARGV[8] ~= '' then
  -- include: backlog
  -- include: drain
  -- include: route
  to, fits, backlog = route(KEYS[1], KEYS[3], tonumber(ARGV[8]), count)
end
local spilled = to ~= KEYS[1]

local slots, new, at, n = {}, 0, 10, words
for i = 1, count do
  if words == 0 then
    n = tonumber(ARGV[at])
    at = at + 1
  end
  local number = first + i - 1
  local outcome = number <= highest and before(number)
  if not outcome and new >= fits then
    outcome = string.format('#%.0f', backlog + new)
  elseif not outcome then
    outcome = redis.pcall('XADD', to, '*', unpack(ARGV, at, at + n - 1))
    if type(outcome) == 'table' then
      outcome = '-' .. outcome.err
    else
      local dash = string.find(outcome, '-', 1, true)
      local millis = string.sub(outcome, 1, dash - 1)
      if spilled then
        millis = millis + IN_BACKUP
        outcome = '>' .. outcome
        dash = dash + 1
      end
      slots[i] = struct.pack('>I6I6I4', number, millis, string.sub(outcome, dash + 1))
      new = new + 1
    end
  end
  result[i] = outcome
  at = at + n
end

if new == count then
  local straight = math.min(count, window - first % window)
  redis.call('SETRANGE', KEYS[2], slot(first), table.concat(slots, '', 1, straight))
  if straight < count then redis.call('SETRANGE', KEYS[2], 16, table.concat(slots, '', straight + 1)) end
elseif new > 0 then
  for i = 1, count do
    if slots[i] then redis.call('SETRANGE', KEYS[2], slot(first + i - 1), slots[i]) end
  end
end
if new > 0 and first + count - 1 > highest then
  redis.call('SETRANGE', KEYS[2], 0, struct.pack('>I8I8', first + count - 1, window))
end
if ARGV[5] == '1' or (#head == 0 and new > 0) then redis.call('PEXPIRE', KEYS[2], ARGV[4]) end
return result
