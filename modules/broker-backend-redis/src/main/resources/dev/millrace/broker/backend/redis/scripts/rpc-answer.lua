#!lua flags=allow-oom
-- Ends a request that still belongs to the caller (owner and delivery count are compared first): acknowledges and deletes
-- it, keeps its reply and publishes it to the inboxes that wait. A request of that id that came later is left alone.
-- KEYS[1] stream, KEYS[2] hash of the notes of its entries, KEYS[3] hash of the request (see rpc-submit.lua)
-- ARGV[1] group, ARGV[2] consumer, ARGV[3] id, ARGV[4] delivery count, ARGV[5] how many ms the reply is kept, ARGV[6] the
-- reply, written as EventWire does it
-- Result: 1 (done) or 0 (not the caller's any more)
local id = ARGV[3]
local p = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1)[1]
if not p or p[2] ~= ARGV[2] or p[4] ~= tonumber(ARGV[4]) then
  return 0
end
redis.call('XACK', KEYS[1], ARGV[1], id)
redis.call('XDEL', KEYS[1], id)
redis.call('HDEL', KEYS[2], id)
local known = redis.call('HMGET', KEYS[3], 'at', 'to')
if known[1] and known[1] ~= id then
  return 1
end
redis.call('HSET', KEYS[3], 'at', id, 'reply', ARGV[6])
redis.call('HDEL', KEYS[3], 'to')
redis.call('PEXPIRE', KEYS[3], ARGV[5])
for inbox in string.gmatch(known[2] or '', '%S+') do
  redis.call('PUBLISH', inbox, ARGV[6])
end
return 1
