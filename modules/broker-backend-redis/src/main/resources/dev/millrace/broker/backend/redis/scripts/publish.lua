-- Publishes an event, and in the same step keeps it where the channel has a stream for that.
-- KEYS  1 the stream of the channel's kept events
-- ARGV  1 the channel  2 the event, written as EventWire does it  3 PUBLISH or SPUBLISH; empty: it is kept only
-- Result 1 if it was kept
local channel, text, how = ARGV[1], ARGV[2], ARGV[3]

local kept = redis.call('EXISTS', KEYS[1])
if kept == 1 then
  -- In here, for to make them costs more than to publish does.
  local function plain(written)
    return (string.gsub(written, '%%(%x%x)', function(hex) return string.char(tonumber(hex, 16)) end))
  end

  -- The fields of the event in turn.
  local function fields(event)
    local head_ends = string.find(event, '\n\n', 1, true)
    local payload = string.sub(event, head_ends + 2)
    local all, first = {}, true
    for line in string.gmatch(string.sub(event, 1, head_ends), '([^\n]*)\n') do
      local equals = string.find(line, '=', 1, true)
      if first then first = false -- the line that names the format
      elseif equals then
        all[#all + 1] = plain(string.sub(line, 1, equals - 1))
        all[#all + 1] = plain(string.sub(line, equals + 1))
      else
        all[#all + 1] = plain(line)
        all[#all + 1] = line == 'payload' and payload or ''
      end
    end
    return all
  end

  redis.call('XADD', KEYS[1], '*', unpack(fields(text)))
end
if how ~= '' then redis.call(how, channel, text) end
return kept
