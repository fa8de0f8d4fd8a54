-- Gives route(stream, backup, limit, count): where an append of so many entries goes, and how many of them. While the
-- backup is not empty all go there, and so they do where the first would be beyond the limit; before that, what waits in
-- the backup is moved into what room there is, at least twice as many as come, so that it never grows while there is room.
-- backup and limit may be nil. Result {to, how many fit, backlog}.
-- Needs backlog_of and drain.
local function route(stream, backup, limit, count)
  local backlog, grows = 0, false
  if limit then
    backlog, grows = backlog_of(stream)
  end
  if backup then
    local waiting = redis.call('XLEN', backup)
    if waiting > 0 then
      local room = limit and limit - math.floor(limit / 10) - backlog or waiting
      if room > 0 then
        local most = math.min(512, math.max(32, 2 * count))
        local moved = drain(stream, backup, grows and math.min(most, room) or most, count)
        waiting = waiting - moved
        if grows then backlog = backlog + moved end
      end
    end
    if waiting > 0 or (limit and backlog >= limit) then return backup, count, backlog end
    return stream, count, backlog
  end
  if not limit then return stream, count, 0 end
  if backlog >= limit then return stream, 0, backlog end
  return stream, grows and limit - backlog or count, backlog
end
