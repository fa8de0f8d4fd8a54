-- Puts an entry into another stream and acknowledges the delivery it came from, both or neither. If the XADD is
-- refused (OOM, WRONGTYPE), the script ends there and the delivery stays pending. An entry that another group needs is not
-- deleted, whatever is asked for.
-- KEYS[1] stream, KEYS[2] hash of the notes of its entries, KEYS[3] target stream, all in the same slot, KEYS[4]
-- counters of the audit (see audit.lua), KEYS[5] the stream where parked entries come back, KEYS[6] the group's dead
-- letters, where the audit finds them without counting
-- ARGV[1] group, ARGV[2] consumer, ARGV[3] id, ARGV[4] delivery count, ARGV[5] '1' if the entry is to be deleted, then
-- field, value, …
-- Result: the new id, or an empty text if the delivery is not the caller's any more
-- include: ids
-- include: others

local function is_foreign(fields)
  for i = 1, #fields, 2 do
    if fields[i] == '_id' and #fields[i + 1] > 0 then return false end
  end
  return true
end

local p = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1)[1]
if not p or p[2] ~= ARGV[2] or p[4] ~= tonumber(ARGV[4]) then
  return ''
end
local command = { 'XADD', KEYS[3], '*' }
for i = 6, #ARGV do
  command[#command + 1] = ARGV[i]
end
local id = redis.call(unpack(command))
redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
redis.call('HDEL', KEYS[2], ARGV[3])
if redis.call('EXISTS', KEYS[4]) == 1 then
  local entry = KEYS[1] ~= KEYS[5] and redis.call('XRANGE', KEYS[1], ARGV[3], ARGV[3])[1]
  if entry and is_foreign(entry[2]) then redis.call('HINCRBY', KEYS[4], 'foreign', 1) end
  if KEYS[3] ~= KEYS[6] then redis.call('HINCRBY', KEYS[4], 'dead-elsewhere', 1) end
end
if ARGV[5] == '1' and (KEYS[1] == KEYS[5] or not others_need(KEYS[1], ARGV[1], ARGV[3])) then
  redis.call('XDEL', KEYS[1], ARGV[3])
end
return id
