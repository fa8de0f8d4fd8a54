-- Makes an effect unless its marker is there. The marker comes last: an effect that fails leaves none.
-- KEYS  1 the marker, a string  2… the effect's keys
-- ARGV  1 how long the marker stays, in milliseconds  2 what the marker says  3… the effect's arguments
-- Result 1 if the effect was made, 0 if it was made before
-- The line below that says EFFECT is replaced by the effect's own text, which sees its KEYS and ARGV alone.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local keys, args = {}, {}
for i = 2, #KEYS do keys[i - 1] = KEYS[i] end
for i = 3, #ARGV do args[i - 2] = ARGV[i] end
local function effect(KEYS, ARGV)
EFFECT
end
local result = effect(keys, args)
if type(result) == 'table' and result.err then return result end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[1])
return 1
