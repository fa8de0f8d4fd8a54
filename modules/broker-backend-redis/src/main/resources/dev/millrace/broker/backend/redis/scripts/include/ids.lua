-- Gives less(id, id), lower(id, id), after(id) and before(id). Ids are pairs of 64-bit numbers, more than a Lua number holds: compared
-- and counted as text. An id without a sequence has the sequence 0.
local function parts(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return ms or id, seq or '0'
end

local function less_number(a, b)
  if #a ~= #b then return #a < #b end
  return a < b
end

local function less(a, b)
  local a_ms, a_seq = parts(a)
  local b_ms, b_seq = parts(b)
  if a_ms ~= b_ms then return less_number(a_ms, b_ms) end
  return less_number(a_seq, b_seq)
end

local function lower(a, b)
  if less(a, b) then return a end
  return b
end

local function plus_one(number)
  local digits, rest = '', number
  while #rest > 0 do
    local last = tonumber(string.sub(rest, -1))
    rest = string.sub(rest, 1, -2)
    if last < 9 then return rest .. (last + 1) .. digits end
    digits = '0' .. digits
  end
  return '1' .. digits
end

local function after(id)
  local ms, seq = parts(id)
  if seq == '18446744073709551615' then return plus_one(ms) .. '-0' end
  return ms .. '-' .. plus_one(seq)
end

local function minus_one(number)
  local digits, rest = '', number
  while true do
    local last = tonumber(string.sub(rest, -1))
    rest = string.sub(rest, 1, -2)
    if last > 0 then
      return (string.gsub(rest .. (last - 1) .. digits, '^0+(%d)', '%1'))
    end
    digits = '9' .. digits
  end
end

local function before(id)
  local ms, seq = parts(id)
  if seq ~= '0' then return ms .. '-' .. minus_one(seq) end
  if ms == '0' then return '0-0' end
  return minus_one(ms) .. '-18446744073709551615'
end
