-- Tells the replies that are kept.
-- KEYS[1]… hashes of requests (see rpc-submit.lua)
-- Result: for each its reply, or an empty text
local result = {}
for i, key in ipairs(KEYS) do
  result[i] = redis.call('HGET', key, 'reply') or ''
end
return result
