-- What is kept of a request: the id of its entry, a blank, and the inboxes that wait, with a blank between; or that id, a
-- line's end, and the reply.
-- The entry's id, the inboxes and no reply, or no inboxes and the reply; nothing where there is no value.
local function call(value)
  if not value then
    return nil
  end
  local at = string.find(value, '[ \n]')
  local rest = string.sub(value, at + 1)
  if string.byte(value, at) == 10 then
    return string.sub(value, 1, at - 1), nil, rest
  end
  return string.sub(value, 1, at - 1), rest, nil
end
