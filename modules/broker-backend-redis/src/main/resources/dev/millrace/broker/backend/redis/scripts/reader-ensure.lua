-- Makes a group, and its stream, where they do not exist. A group that existed before begins at its stored floor,
-- below which nothing is unread or unacknowledged; never at the end of the stream.
-- Also notes the caller's lease, for whoever looks for entries whose lease has run out.
-- KEYS[1] stream, KEYS[2] hash of the floors of its groups, KEYS[3] hash of the leases of the group's consumers
-- ARGV[1] group, ARGV[2] where it begins without a floor, ARGV[3] consumer, ARGV[4] its lease in ms
-- Result: {0, floor or ARGV[2]} it exists, {1, start} it is new, {2, floor} it is made again
local floor = redis.call('HGET', KEYS[2], ARGV[1])
local start = floor or ARGV[2]
local made = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], start, 'MKSTREAM')
if type(made) == 'table' and made.err then
  if string.find(made.err, 'BUSYGROUP', 1, true) then
    redis.call('HSET', KEYS[3], ARGV[3], ARGV[4])
    return { 0, start }
  end
  return made
end
redis.call('HSET', KEYS[3], ARGV[3], ARGV[4])
return { floor and 2 or 1, start }
