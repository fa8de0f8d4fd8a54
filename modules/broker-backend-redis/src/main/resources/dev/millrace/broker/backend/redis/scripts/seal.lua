-- Ends a line: append-guarded.lua, which says what is in it, appends nothing in it from then on.
-- KEYS  1 the line  2 the stream's generation
-- ARGV  1 for how many ms that is remembered at least  2 the name of a new generation
-- Result the number up to which the line had come, 0 where nothing of it is known
local generation, life = redis.call('GET', KEYS[2]), tonumber(ARGV[1])
if not generation then
  generation = ARGV[2]
  redis.call('SET', KEYS[2], generation, 'PX', string.format('%.0f', 2 * life))
elseif redis.call('PTTL', KEYS[2]) < life then
  redis.call('PEXPIRE', KEYS[2], string.format('%.0f', 2 * life), 'GT')
end
local value, last, since = redis.call('GET', KEYS[1]), 0, 0
if value then
  local which, far, from = string.match(value, '^(%S+) (%d+) (%d+)')
  if which == generation then last, since = tonumber(far), tonumber(from) end
end
life = math.max(life, redis.call('PTTL', KEYS[1]))
redis.call(
  'SET', KEYS[1], string.format('%s %.0f %.0f sealed', generation, last, since), 'PX', string.format('%.0f', life))
return last
