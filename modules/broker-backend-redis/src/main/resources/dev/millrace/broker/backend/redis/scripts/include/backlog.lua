-- Gives backlog_of(stream): how many entries the group that is furthest behind has not acknowledged, pending and unread;
-- and whether there is any group, for without one nothing waits for anybody.
-- The server does not know how many are unread (lag) where entries were deleted ahead of the group, or the group began in
-- the middle. Then it is taken for all that was added since the last entry it is known to have read, or for the whole
-- stream: never too few. Nor are they ever more than the stream has, whatever was trimmed away unread.
local function backlog_of(stream)
  local length = redis.call('XLEN', stream)
  if length == 0 and redis.call('EXISTS', stream) == 0 then return 0, false end
  local groups, most = redis.call('XINFO', 'GROUPS', stream), 0
  for _, group in ipairs(groups) do
    local pending, read, lag
    for i = 1, #group, 2 do
      local name, value = group[i], group[i + 1]
      if name == 'pending' then pending = value
      elseif name == 'entries-read' then read = value
      elseif name == 'lag' then lag = value end
    end
    if not lag and read then
      local about = redis.call('XINFO', 'STREAM', stream)
      for i = 1, #about, 2 do
        if about[i] == 'entries-added' then lag = about[i + 1] - read end
      end
    end
    most = math.max(most, math.min(length, lag and pending + lag or length))
  end
  return most, #groups > 0
end
