-- What a stream has, without its entries: XINFO STREAM would send the first and the last with all their fields.
-- KEYS[1] stream
-- Result: {} where there is none, else {length, first id or '', last id or ''}
if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
local about = redis.call('XINFO', 'STREAM', KEYS[1])
local values = {}
for i = 1, #about, 2 do values[about[i]] = about[i + 1] end
local function id(entry) return entry and entry[1] or '' end
return { values['length'], id(values['first-entry']), id(values['last-entry']) }
