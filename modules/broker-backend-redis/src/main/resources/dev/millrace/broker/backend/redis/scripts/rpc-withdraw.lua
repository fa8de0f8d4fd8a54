#!lua flags=allow-oom
-- Takes a request back that an inbox does not want any more: one that no reader was given is deleted, and its id forgotten.
-- KEYS[1] stream, KEYS[2] the key of the request (see include/call.lua)
-- ARGV[1] group, ARGV[2] inbox
-- Result: {0} (deleted), {1} (a reader was given it, or nothing is known of it), {2, reply} or {3} (others wait for it)

-- include: call

local at, inboxes, reply = call(redis.call('GET', KEYS[2]))
if reply then
  return { 2, reply }
end
if not at then
  return { 1 }
end
local others = {}
for inbox in string.gmatch(inboxes, '%S+') do
  if inbox ~= ARGV[2] then others[#others + 1] = inbox end
end
if #others > 0 then
  redis.call('SET', KEYS[2], at .. ' ' .. table.concat(others, ' '), 'KEEPTTL')
  return { 3 }
end

-- include: ids

-- Without a group nobody was given anything.
local function undelivered()
  for _, row in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    local group = {}
    for i = 1, #row, 2 do group[row[i]] = row[i + 1] end
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
