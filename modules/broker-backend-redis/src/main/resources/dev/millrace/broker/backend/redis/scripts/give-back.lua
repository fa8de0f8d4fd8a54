-- Takes entries out of a stream and adds each to another one for one of its groups. What cannot be added stays where it
-- is. Refused, before anything is moved, where other groups would be given them too.
-- KEYS  1 from  2 to
-- ARGV  1 the group, then for each entry: its id, how many fields it is to have, and their names and values in turn
-- Result for each entry 1 if it was moved, 0 if it was not there any more
if redis.call('EXISTS', KEYS[2]) == 1 then
  for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[2])) do
    if group[2] ~= ARGV[1] then
      return redis.error_reply('OTHERGROUPS the stream is read by the group ' .. group[2] .. ' too')
    end
  end
end
local result, i = {}, 2
while i <= #ARGV do
  local id, count = ARGV[i], tonumber(ARGV[i + 1])
  local there = #redis.call('XRANGE', KEYS[1], id, id)
  if there == 1 then
    redis.call('XADD', KEYS[2], '*', unpack(ARGV, i + 2, i + 1 + 2 * count))
    redis.call('XDEL', KEYS[1], id)
  end
  result[#result + 1] = there
  i = i + 2 + 2 * count
end
return result
