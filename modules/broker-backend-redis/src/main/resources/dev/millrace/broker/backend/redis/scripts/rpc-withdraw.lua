#!lua flags=allow-oom
-- Takes a request back that an inbox does not want any more: one that no reader was given is deleted, and its id forgotten.
-- KEYS[1] stream, KEYS[2] hash of the request (see rpc-submit.lua)
-- ARGV[1] group, ARGV[2] inbox
-- Result: {0} (deleted), {1} (a reader was given it, others wait for it, or nothing is known of it) or {2, reply}
local known = redis.call('HMGET', KEYS[2], 'at', 'to', 'reply')
if known[3] then
  return { 2, known[3] }
end
local at = known[1]
if not at then
  return { 1 }
end
local others = {}
for inbox in string.gmatch(known[2], '%S+') do
  if inbox ~= ARGV[2] then others[#others + 1] = inbox end
end
if #others > 0 then
  redis.call('HSET', KEYS[2], 'to', table.concat(others, ' '))
  return { 1 }
end

-- include: ids

-- Without a group nobody was given anything.
local function undelivered()
  for _, reply in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    local group = {}
    for i = 1, #reply, 2 do group[reply[i]] = reply[i + 1] end
    if group['name'] == ARGV[1] then
      return less(group['last-delivered-id'], at) and #redis.call('XPENDING', KEYS[1], ARGV[1], at, at, 1) == 0
    end
  end
  return true
end

if #redis.call('XRANGE', KEYS[1], at, at) == 0 or not undelivered() then
  return { 1 }
end
redis.call('XDEL', KEYS[1], at)
redis.call('DEL', KEYS[2])
return { 0 }
