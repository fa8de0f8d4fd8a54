-- Appends entries, each id once as long as it is remembered. A marker holds the stream's generation and the entry's id;
-- deleting the stream deletes its generation, and the markers of an earlier one count for nothing.
-- KEYS  1 stream  2 the stream's generation  3… the marker of each entry
-- ARGV  1 how long an id is remembered, in milliseconds  2 the name of a new generation
--       3 1: write in any case  4… for each entry how many words it has, then these
-- Result for each entry: its id; "=" and its id where it was there before; "-" and the error
-- Once a script has written anything, Redis lets it write beyond its memory limit: what it refuses when memory is full
-- comes before all other writes.
local generation = redis.call('GET', KEYS[2])
local kept = generation ~= false
if not kept then
  generation = ARGV[2]
  redis.call('SET', KEYS[2], generation, 'PX', ARGV[1])
end
local prefix = generation .. ' '
local result, at = {}, 4
for i = 3, #KEYS do
  local n = tonumber(ARGV[at])
  local marker = redis.call('GET', KEYS[i])
  if marker and string.sub(marker, 1, #prefix) == prefix then
    result[i - 2] = '=' .. string.sub(marker, #prefix + 1)
  else
    local id = redis.pcall('XADD', KEYS[1], '*', unpack(ARGV, at + 1, at + n))
    if type(id) == 'table' then
      result[i - 2] = '-' .. id.err
    else
      redis.call('SET', KEYS[i], prefix .. id, 'PX', ARGV[1])
      result[i - 2] = id
    end
  end
  at = at + n + 1
end
if kept then redis.call('PEXPIRE', KEYS[2], ARGV[1], 'GT') end
-- A wait for replicas counts from the caller's last write: finding a duplicate is none.
if ARGV[3] == '1' then redis.call('PEXPIREAT', KEYS[2], redis.call('PEXPIRETIME', KEYS[2])) end
return result
