-- Gives others_need(stream, group, id): whether a group other than that one has not read the entry, or has it pending. A work
-- queue that is done with it leaves it in the stream then. A script asks of one stream and one group, whose others are
-- looked up at the first question: none reads or begins while a script runs.
-- Needs less.
local others

local function others_of(stream, group)
  local found = {}
  for _, reply in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local about = {}
    for i = 1, #reply, 2 do about[reply[i]] = reply[i + 1] end
    if about['name'] ~= group then found[#found + 1] = about end
  end
  return found
end

local function others_need(stream, group, id)
  others = others or others_of(stream, group)
  for _, other in ipairs(others) do
    if less(other['last-delivered-id'], id) then return true end
    if other['pending'] > 0 and #redis.call('XPENDING', stream, other['name'], id, id, 1) > 0 then return true end
  end
  return false
end
