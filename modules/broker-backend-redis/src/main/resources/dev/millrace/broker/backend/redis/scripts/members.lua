-- The members that are alive.
-- KEYS  1 the members (see member-heartbeat.lua)
-- Result their names
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
return redis.call('ZRANGE', KEYS[1], '(' .. now, '+inf', 'BYSCORE')
