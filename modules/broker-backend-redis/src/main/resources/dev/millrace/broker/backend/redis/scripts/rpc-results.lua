-- Tells the replies that are kept.
-- KEYS[1]… keys of requests (see include/call.lua)
-- Result: for each its reply, or an empty text

-- include: call

local result = {}
for i, value in ipairs(redis.call('MGET', unpack(KEYS))) do
  local at, inboxes, reply = call(value)
  result[i] = reply or ''
end
return result
