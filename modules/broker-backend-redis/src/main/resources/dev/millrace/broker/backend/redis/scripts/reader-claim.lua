#!lua flags=allow-oom
-- Takes pending entries over for the caller, each only if owner, delivery count and idle time are still what the
-- caller saw. The delivery count rises by one.
-- KEYS[1] stream, KEYS[2] hash of the notes of its entries, KEYS[3] hash of the fence epochs of the stream's groups
-- ARGV[1] group, ARGV[2] consumer, then for each entry: id, its owner, delivery count, least idle time in ms
-- Result: {epoch or '', rows}; a row is {id, new delivery count, {field, value, …}} and, where there is a note, the
-- note, for each entry taken; {id, 0} for one that was deleted while pending, and it is pending no more; none for
-- the others
local rows = {}
for i = 3, #ARGV, 4 do
  local id = ARGV[i]
  local p = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1)[1]
  if p and p[2] == ARGV[i + 1] and p[4] == tonumber(ARGV[i + 2]) and p[3] >= tonumber(ARGV[i + 3]) then
    local taken = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, id)
    if taken[1] and taken[1][2] then
      rows[#rows + 1] = { id, p[4] + 1, taken[1][2], redis.call('HGET', KEYS[2], id) or nil }
    else
      rows[#rows + 1] = { id, 0 }
      redis.call('HDEL', KEYS[2], id)
    end
  end
end
return { redis.call('HGET', KEYS[3], ARGV[1]) or '', rows }
