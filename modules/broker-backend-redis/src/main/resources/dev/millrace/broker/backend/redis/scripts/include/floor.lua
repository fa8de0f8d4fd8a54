-- Gives place_of(stream, floor): behind which id a group with that floor begins again, and whether the floor is beyond
-- the stream's last id. Then it is of an earlier stream of that name, and the place is 0-0. Include ids before.
local function place_of(stream, floor)
  local last = '0-0'
  local about = redis.call('EXISTS', stream) == 1 and redis.call('XINFO', 'STREAM', stream) or {}
  for i = 1, #about, 2 do
    if about[i] == 'last-generated-id' then last = about[i + 1] end
  end
  local place = before(floor)
  if less(last, place) then return '0-0', true end
  return place, false
end
