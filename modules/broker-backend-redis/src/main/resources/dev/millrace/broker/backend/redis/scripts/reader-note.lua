-- Renews deliveries that still belong to the caller, and leaves a note with each. An empty one is kept too: it says
-- that there is none, and whoever settles the entry forgets it.
-- KEYS[1] stream, KEYS[2] hash of the notes of its entries
-- ARGV[1] group, ARGV[2] consumer, then for each delivery: id, delivery count, note
-- Result: for each delivery 1 (noted), 0 (not the caller's any more) or -1 (the entry was deleted while pending)
local result = {}
for i = 3, #ARGV, 3 do
  local id = ARGV[i]
  local p = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1)[1]
  if p and p[2] == ARGV[2] and p[4] == tonumber(ARGV[i + 1]) then
    -- The note first: where the server is out of memory the script ends here and nothing has changed.
    redis.call('HSET', KEYS[2], id, ARGV[i + 2])
    local kept = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, id, 'JUSTID')
    if #kept == 1 then
      result[#result + 1] = 1
    else
      redis.call('HDEL', KEYS[2], id)
      result[#result + 1] = -1
    end
  else
    result[#result + 1] = 0
  end
end
return result
