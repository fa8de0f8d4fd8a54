#!lua flags=allow-oom
-- Says that readers count what they acknowledge: from here on none of them sends a plain XACK.
-- KEYS  1 the counters of the audit (see audit.lua)
-- ARGV  their consumer names
-- Result 1 if an audit is on, else 0 and nothing is said
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
for _, name in ipairs(ARGV) do redis.call('HSET', KEYS[1], 'reads:' .. name, '1') end
return 1
