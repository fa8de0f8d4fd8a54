#!lua flags=allow-oom
-- Ends requests that still belong to the caller (owner and delivery count are compared first): acknowledges and deletes
-- them, keeps their replies and publishes each to the inboxes that wait. A request of such an id that came later is left alone.
-- KEYS[1] stream, KEYS[2] hash of the notes of its entries, KEYS[3]… the key of each request (see include/call.lua)
-- ARGV[1] group, ARGV[2] consumer, ARGV[3] and ARGV[4] the lowest and the highest of the entries' ids, ARGV[5] '1' if one of
-- them may have a note, then for each request: entry's id, delivery count, how many ms the reply is kept, the reply, written as
-- EventWire does it
-- Result: for each 1 (done), 2 (done, and an inbox could not be told) or 0 (not the caller's any more)

-- include: call

-- One look for all that the caller has between the lowest and the highest: their delivery counts by id. Where there is too
-- much between them, and where there is only one, each has a look of its own.
local most, seen, counts = 2 * (#KEYS - 2), 0, {}
if #KEYS > 3 then
  for i, row in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[4], most, ARGV[2])) do
    seen, counts[row[1]] = i, row[4]
  end
end

-- How often it was delivered; nil where it is not the caller's.
local function count_of(id)
  if counts[id] or #KEYS > 3 and seen < most then return counts[id] end
  local row = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, '1', ARGV[2])[1]
  return row and row[4]
end

local values = redis.call('MGET', unpack(KEYS, 3))
-- By key, which request's reply was put there just now.
local kept = {}
local result = {}
local ended = {}
for i = 3, #KEYS do
  local word = (i - 3) * 4 + 6
  local id = ARGV[word]
  if count_of(id) == tonumber(ARGV[word + 1]) then
    result[i - 2] = 1
    ended[#ended + 1] = id
    -- Nothing may stop the script here: what was answered would not be acknowledged.
    local at, inboxes = call(values[i - 2])
    at = kept[KEYS[i]] or at
    if not at or at == id then
      local reply = ARGV[word + 3]
      redis.call('SET', KEYS[i], id .. '\n' .. reply, 'PX', ARGV[word + 2])
      kept[KEYS[i]] = id
      for inbox in string.gmatch(inboxes or '', '%S+') do
        if type(redis.pcall('PUBLISH', inbox, reply)) == 'table' then
          result[i - 2] = 2
        end
      end
    end
  else
    result[i - 2] = 0
  end
end
if #ended > 0 then
  redis.call('XACK', KEYS[1], ARGV[1], unpack(ended))
  redis.call('XDEL', KEYS[1], unpack(ended))
  if ARGV[5] == '1' then redis.call('HDEL', KEYS[2], unpack(ended)) end
end
return result
