#!lua flags=no-writes
-- Counts entries of a part of a stream, and sends none of them.
-- KEYS  1 the stream
-- ARGV  1 count behind this id, '': from the oldest on  2 up to the last before this one  3 look at so many at most
-- Result {how many, where to go on behind, or '' where all were counted}
local from, most, found = ARGV[1] == '' and '-' or '(' .. ARGV[1], tonumber(ARGV[3]), 0
while ARGV[2] ~= '0-0' do
  local page = math.min(100, most - found)
  local some = redis.call('XRANGE', KEYS[1], from, '(' .. ARGV[2], 'COUNT', page)
  found = found + #some
  if #some < page then break end
  if found == most then return { found, some[page][1] } end
  from = '(' .. some[page][1]
end
return { found, '' }
