-- Appends entries that their producer has numbered, each number once. The ring is a string: a head (the highest number,
-- the window), then a slot for each number modulo the window (number, milliseconds and sequence of the entry's id).
-- KEYS  1 stream  2 the producer's ring
-- ARGV  1 number of the first entry, the others follow one by one  2 window, always the same for a ring
--       3 1: append nothing if the ring is gone  4 lifetime of the ring in milliseconds
--       5 1: renew the lifetime, which is a write in any case  6 how many entries
--       7 words of each entry, or 0: each has the number of its words before it  8… the entries' words
-- Result for each entry: its id; "=" and its id where it was there before; "<" below the window, not appended;
--       "!" the ring is gone, not appended; "-" and the error
local first, window, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[6])
local words = tonumber(ARGV[7])
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

local function before(number)
  if number > highest then return nil end
  if number <= highest - window then return '<' end
  local kept = redis.call('GETRANGE', KEYS[2], slot(number), slot(number) + 15)
  if #kept < 16 then return nil end
  local which, millis, seq = struct.unpack('>I6I6I4', kept)
  if which ~= number then return nil end
  return string.format('=%.0f-%.0f', millis, seq)
end

local slots, new, at, n = {}, 0, 8, words
for i = 1, count do
  if words == 0 then
    n = tonumber(ARGV[at])
    at = at + 1
  end
  local number = first + i - 1
  local outcome = number <= highest and before(number)
  if not outcome then
    outcome = redis.pcall('XADD', KEYS[1], '*', unpack(ARGV, at, at + n - 1))
    if type(outcome) == 'table' then
      outcome = '-' .. outcome.err
    else
      local dash = string.find(outcome, '-', 1, true)
      slots[i] = struct.pack('>I6I6I4', number, string.sub(outcome, 1, dash - 1), string.sub(outcome, dash + 1))
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
