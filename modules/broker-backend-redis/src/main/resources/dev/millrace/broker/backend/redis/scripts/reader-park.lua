-- Parks deliveries that still belong to the caller: copies of the entries, with what the group knows of them, wait
-- beside the stream, and the deliveries are acknowledged. Everything or, where the server refuses it (OOM), nothing.
-- An entry that another group needs is not deleted, whatever is asked for.
-- KEYS[1] stream, KEYS[2] hash of the notes of its entries, KEYS[3] sorted set of what is parked: original id → due,
-- ms since 1970, KEYS[4] hash: original id → packed {deliveries so far, note, field, value, …},
-- KEYS[5] counters of the audit (see audit.lua), KEYS[6] the stream where parked entries come back
-- ARGV[1] group, ARGV[2] consumer, then for each delivery: id, delivery count, '1' if the entry is to be deleted, ms to
-- wait, '1' if a note follows and '0' to keep the one it has, note
-- Result: for each delivery 1 (parked), 0 (not the caller's any more) or -1 (the entry was deleted while pending)
-- include: ids
-- include: others
local MARK = '_millrace:retry'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function park(id, count, delete, wait, noted, note)
  local p = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1)[1]
  if not p or p[2] ~= ARGV[2] or p[4] ~= tonumber(count) then
    return 0
  end
  local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
  local kept = redis.call('HGET', KEYS[2], id)
  if entry then
    local origin, before, packed, named = id, 0, { '', '' }, false
    local fields = entry[2]
    for i = 1, #fields, 2 do
      local deliveries, first, last
      if fields[i] == MARK then
        deliveries, first, last = string.match(fields[i + 1], '^(%d+) (%S+) (.*)$')
      end
      if deliveries then
        -- It was parked before: "deliveries origin note".
        origin, before, kept = first, tonumber(deliveries), kept or last
      else
        named = named or (fields[i] == '_id' and #fields[i + 1] > 0)
        packed[#packed + 1] = fields[i]
        packed[#packed + 1] = fields[i + 1]
      end
    end
    if not named and KEYS[1] ~= KEYS[6] and redis.call('EXISTS', KEYS[5]) == 1 then
      redis.call('HINCRBY', KEYS[5], 'foreign', 1)
    end
    if not named then
      packed[#packed + 1] = '_id'
      packed[#packed + 1] = origin
    end
    packed[1] = string.format('%.0f', before + p[4])
    packed[2] = noted == '1' and note or kept or ''
    redis.call('HSET', KEYS[4], origin, cmsgpack.pack(packed))
    redis.call('ZADD', KEYS[3], string.format('%.0f', now + tonumber(wait)), origin)
  end
  redis.call('XACK', KEYS[1], ARGV[1], id)
  redis.call('HDEL', KEYS[2], id)
  if delete == '1' and (KEYS[1] == KEYS[6] or not others_need(KEYS[1], ARGV[1], id)) then
    redis.call('XDEL', KEYS[1], id)
  end
  return entry and 1 or -1
end

local result = {}
for i = 3, #ARGV, 6 do
  result[#result + 1] = park(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5])
end
return result
