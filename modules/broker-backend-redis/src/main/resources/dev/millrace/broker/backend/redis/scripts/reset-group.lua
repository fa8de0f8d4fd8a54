#!lua flags=allow-oom
-- Sets a group to another place, and forgets its floor, which may now be too high. What lies behind that place and is
-- in the stream comes again from there alone: it is pending, noted, parked and returned no more. Raises the fence
-- epoch, for deliveries are counted from 1 again.
-- KEYS  1 the stream  2 its floors (see trim.lua)  3 fence epochs (see reader-ensure.lua)  4 the group's notes
--       5 what it has parked  6 the entries of that (see reader-park.lua)  7 where these come back  8 notes of 7
-- ARGV  1 the group  2 the id it has read up to, '$' for the newest
-- Result 'OK'; NOGROUP where there is no such group
local done = redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], ARGV[2])
redis.call('HDEL', KEYS[2], ARGV[1])
local time = redis.call('TIME')
local since2024 = time[1] * 1000 + math.floor(time[2] / 1000) - 1704067200000
local epoch = math.max(since2024, tonumber(redis.call('HGET', KEYS[3], ARGV[1]) or 0) + 1)
redis.call('HSET', KEYS[3], ARGV[1], string.format('%.0f', epoch))
if ARGV[2] == '$' then
  return done
end

local behind = '(' .. ARGV[2]
local page
repeat
  page = redis.call('XPENDING', KEYS[1], ARGV[1], behind, '+', 100)
  local ids = {}
  for i, row in ipairs(page) do ids[i] = row[1] end
  if #ids > 0 then
    redis.call('XACK', KEYS[1], ARGV[1], unpack(ids))
    redis.call('HDEL', KEYS[4], unpack(ids))
  end
until #page < 100

local function comes_again(origin)
  return string.match(origin, '^%d+%-%d+$') ~= nil
    and #redis.call('XRANGE', KEYS[1], origin, origin) > 0
    and #redis.call('XRANGE', KEYS[1], behind, origin, 'COUNT', 1) > 0
end

local rank = 0
repeat
  page = redis.call('ZRANGE', KEYS[5], rank, rank + 99)
  for _, origin in ipairs(page) do
    if comes_again(origin) then
      redis.call('ZREM', KEYS[5], origin)
      redis.call('HDEL', KEYS[6], origin)
    else
      rank = rank + 1
    end
  end
until #page < 100

local from = '-'
repeat
  page = redis.call('XRANGE', KEYS[7], from, '+', 'COUNT', 100)
  for _, entry in ipairs(page) do
    from = '(' .. entry[1]
    local origin = string.match(entry[2][2], '^%d+ (%S+) ')
    if origin and comes_again(origin) then
      redis.call('XACK', KEYS[7], ARGV[1], entry[1])
      redis.call('XDEL', KEYS[7], entry[1])
      redis.call('HDEL', KEYS[8], entry[1])
    end
  end
until #page < 100
return done
