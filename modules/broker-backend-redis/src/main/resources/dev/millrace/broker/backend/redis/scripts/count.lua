#!lua flags=no-writes
-- Counts entries of a part of a stream, and sends none of them. The script gets them whole: what it costs is their
-- bytes, so that it begins with one, and stops where they are many.
-- KEYS  1 the stream
-- ARGV  1 count behind this id, '': from the oldest on  2 up to the last before this one  3 look at so many at most
-- Result {how many, where to go on behind, or '' where all were counted}
local MOST_BYTES = 256 * 1024
local from, most = ARGV[1] == '' and '-' or '(' .. ARGV[1], tonumber(ARGV[3])
local found, bytes, page = 0, 0, 1
while ARGV[2] ~= '0-0' do
  local some = redis.call('XRANGE', KEYS[1], from, '(' .. ARGV[2], 'COUNT', page)
  found = found + #some
  if #some < page then break end
  for _, entry in ipairs(some) do
    for _, part in ipairs(entry[2]) do bytes = bytes + #part end
  end
  if found == most or bytes >= MOST_BYTES then return { found, some[page][1] } end
  from = '(' .. some[page][1]
  local fit = math.floor((MOST_BYTES - bytes) * found / math.max(1, bytes))
  page = math.max(1, math.min(100, 2 * page, most - found, fit))
end
return { found, '' }
