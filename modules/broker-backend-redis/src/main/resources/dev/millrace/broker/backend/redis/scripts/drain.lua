-- Moves the oldest entries of a backup to the end of its stream, as long as the stream's backlog is below nine tenths of its
-- limit, rounded up. No other append comes in between, and none passes what waits: see append-guarded.lua.
-- KEYS  1 stream  2 its backup
-- ARGV  1 how many at most  2 the limit of the stream's backlog
-- Result {moved, left, for how many ms the oldest of these has been there or -1, backlog}; an error where the oldest entry
--       cannot be moved
-- include: backlog
-- include: drain
local limit = tonumber(ARGV[2])
local backlog, grows = backlog_of(KEYS[1])
local most, room = tonumber(ARGV[1]), limit - math.floor(limit / 10) - backlog
local moved, trouble = 0, nil
if room > 0 and most > 0 then
  moved, trouble = drain(KEYS[1], KEYS[2], grows and math.min(most, room) or most, 1)
  if moved == 0 and trouble then return trouble end
end
local left, age = redis.call('XLEN', KEYS[2]), -1
if left > 0 then
  local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1][1]
  local time = redis.call('TIME')
  age = math.max(0, time[1] * 1000 + math.floor(time[2] / 1000) - string.match(oldest, '^%d+'))
end
return { moved, left, age, grows and backlog + moved or backlog }
