#!lua flags=allow-oom
-- Ends requests that still belong to the caller (owner and delivery count are compared first): acknowledges and deletes
-- them, keeps their replies and publishes each to the inboxes that wait. A request of such an id that came later is left alone.
-- KEYS[1] stream, KEYS[2] hash of the notes of its entries, KEYS[3]… the key of each request (see include/call.lua)
-- ARGV[1] group, ARGV[2] consumer, then for each request: entry's id, delivery count, how many ms the reply is kept, the
-- reply, written as EventWire does it
-- Result: for each 1 (done), 2 (done, and an inbox could not be told) or 0 (not the caller's any more)

-- include: call

local result = {}
local ended = {}
for i = 3, #KEYS do
  local word = (i - 3) * 4 + 3
  local id = ARGV[word]
  local p = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1)[1]
  if p and p[2] == ARGV[2] and p[4] == tonumber(ARGV[word + 1]) then
    result[i - 2] = 1
    ended[#ended + 1] = id
    -- Nothing may stop the script here: what was answered would not be acknowledged.
    local known = redis.pcall('GET', KEYS[i])
    local at, inboxes = call(type(known) == 'string' and known)
    if not at or at == id then
      local reply = ARGV[word + 3]
      redis.call('SET', KEYS[i], id .. '\n' .. reply, 'PX', ARGV[word + 2])
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
  redis.call('HDEL', KEYS[2], unpack(ended))
end
return result
