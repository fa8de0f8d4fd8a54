#!lua flags=no-writes
-- What a stream has, without its entries: XINFO STREAM would send the first and the last with all their fields.
-- KEYS  1 stream  2 its settings, a hash
-- Result {1 if it exists, length, first id or '', last id or '', {name, value, …} of the settings}
local settings = redis.call('HGETALL', KEYS[2])
if redis.call('EXISTS', KEYS[1]) == 0 then return { 0, 0, '', '', settings } end
local about = redis.call('XINFO', 'STREAM', KEYS[1])
local values = {}
for i = 1, #about, 2 do values[about[i]] = about[i + 1] end
local function id(entry) return entry and entry[1] or '' end
return { 1, values['length'], id(values['first-entry']), id(values['last-entry']), settings }
