-- Gives named(reply): of names and values in turn, as XINFO and an entry's fields are told, the values by name.
local function named(reply)
  local map = {}
  for i = 1, #reply, 2 do map[reply[i]] = reply[i + 1] end
  return map
end
