#!lua flags=allow-oom
-- Acknowledges deliveries and deletes their entries. As a plain XACK it does not ask whose they are, so it is only
-- for those inside their lease; one that is not pending any more is left alone.
-- KEYS[1] stream, KEYS[2] counters of the audit (see audit.lua), KEYS[3] the stream where parked entries come back
-- ARGV[1] group, then the ids
-- Result: for each id 1 (acknowledged and deleted) or 0 (not pending)
local counts = KEYS[1] == KEYS[3] and redis.call('EXISTS', KEYS[2]) == 1
local result = {}
for i = 2, #ARGV do
  local acknowledged = redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])
  if acknowledged == 1 then
    redis.call('XDEL', KEYS[1], ARGV[i])
    if counts then redis.call('HINCRBY', KEYS[2], 'back-done', 1) end
  end
  result[i - 1] = acknowledged
end
return result
