-- The ledger on Redis: every question to one shard and every change of it, each one call. Runs as a function (Redis 7) or by EVALSHA.
--
-- KEYS[1] is the shard's base, `<prefix>:{<shard>}`; every key of the shard begins with it, so that a cluster keeps them together.
-- The prefix stands before the braces: shards are spread over the nodes by their number.
--   <base>            hash: head, trimmed, day (the newest of the commands), today and yesterday
--                     (first positions of the last two days), dropped (lists of the log that are gone),
--                     restoring (entries are being put back: nothing is sold)
--   <base>:zones      hash: zone -> seats. What is not in it is not open: a store that was emptied sells nothing
--   <base>:states:Z   two bits a seat, `owners:Z` seven bytes (a hash of 52 bits), `ends:Z` six bytes (the end of a hold, ms)
--   <base>:log:N      lists of 1,024 entries each, `<was>\n<fact>`; kept until they are trimmed and no key needs them
--   <base>:keys:DAY   hash: k<idempotency key> -> `<position>\n<fingerprint>`, b<process> -> `<number of its last batch>\n<answers>`
--   <base>:places     hash, in shard 0 only: event -> shard, of events that are not where their hash would put them
--
-- Everything is decided before anything is written, because Redis does not take back what a failed script wrote.
-- Time is the commands' (`at`), so that a server's clock changes nothing.

local CHUNK = 1024
local DAY = 24 * 60 * 60 * 1000
local FREE, HELD, NONE = 0, 1, 3
local FROM_FREE, FROM_MINE = 0, 1
local REPLAYED, TAKEN, KEY_REUSED, NOT_OPEN, BEHIND = 255, 254, 253, 252, 251
-- Lua hands at most some 8,000 values to a call.
local AT_ONCE = 4000

local byte, char, sub, floor = string.byte, string.char, string.sub, math.floor
local unpack_struct, pack_struct = struct.unpack, struct.pack

local function meta(base)
  local found = redis.call('HMGET', base, 'head', 'trimmed', 'day', 'today', 'yesterday', 'dropped', 'restoring')
  local head = tonumber(found[1]) or 0
  return {
    head = head,
    trimmed = tonumber(found[2]) or 0,
    day = tonumber(found[3]) or 0,
    today = tonumber(found[4]) or 1,
    yesterday = tonumber(found[5]) or 1,
    dropped = tonumber(found[6]) or 0,
    is_restoring = found[7] and true or false,
  }
end

local function in_packs(list, each)
  for first = 1, #list, AT_ONCE do
    each(unpack(list, first, math.min(first + AT_ONCE - 1, #list)))
  end
end

-- ---------------------------------------------------------------- seats

-- A zone as this batch sees it: what is stored, and over it what the batch has changed.
local function load_zone(base, name, seats)
  local states = seats and redis.call('GET', base .. ':states:' .. name)
  if not states then return nil end
  return { base = base, name = name, seats = tonumber(seats), states = states, bytes = {}, owners = {}, ends = {} }
end

-- Two bits of four seats are one byte; the first seat has the high bits.
local PLACE = { [0] = 64, 16, 4, 1 }

local function state_of(zone, seat)
  local i = floor(seat / 4)
  return floor((zone.bytes[i] or byte(zone.states, i + 1)) / PLACE[seat % 4]) % 4
end

local function set_state(zone, seat, from, to)
  local i = floor(seat / 4)
  zone.bytes[i] = (zone.bytes[i] or byte(zone.states, i + 1)) + (to - from) * PLACE[seat % 4]
end

local function owner_of(zone, seat)
  return zone.owners[seat] or redis.call('GETRANGE', zone.base .. ':owners:' .. zone.name, seat * 7, seat * 7 + 6)
end

local function end_of(zone, seat)
  local six = zone.ends[seat] or redis.call('GETRANGE', zone.base .. ':ends:' .. zone.name, seat * 6, seat * 6 + 5)
  local a, b, c, d, e, f = byte(six, 1, 6)
  -- A hold whose end is lost never ends.
  if not f then return math.huge end
  return ((((a * 256 + b) * 256 + c) * 256 + d) * 256 + e) * 256 + f
end

local function is_available(zone, change, seat, mine)
  local state = state_of(zone, seat)
  if state == FREE or (state == HELD and end_of(zone, seat) <= change.at) then return change.from ~= FROM_MINE end
  return change.from ~= FROM_FREE and state ~= NONE and owner_of(zone, seat) == mine
end

local function is_among(seats, count, seat)
  for i = 1, count do
    if seats[i] == seat then return true end
  end
  return false
end

-- The seats of an option when all of them are available, or nil. A wish is for a handful, so looking through those before is the shortest.
local function seats_if_available(zone, change, packed, mine)
  local seats = {}
  for i = 1, #packed / 4 do
    local a, b, c, d = byte(packed, i * 4 - 3, i * 4)
    local seat = ((a * 256 + b) * 256 + c) * 256 + d
    if seat >= zone.seats or is_among(seats, i - 1, seat) then return nil end
    if not is_available(zone, change, seat, sub(mine, i * 7 - 6, i * 7)) then return nil end
    seats[i] = seat
  end
  return #seats > 0 and seats or nil
end

local LETTER = { [0] = '.', 'h', 's' }

-- Puts seats into a state, whatever they were. Returns what they were, a letter each.
local function put(zone, change, seats, owners)
  local was, to = '', change.to
  for i = 1, #seats do
    local seat = seats[i]
    local state = state_of(zone, seat)
    was = was .. LETTER[state]
    set_state(zone, seat, state, to)
    if to ~= FREE then zone.owners[seat] = sub(owners, i * 7 - 6, i * 7) end
    if to == HELD then zone.ends[seat] = change.till end
  end
  zone.dirty = true
  return was
end

-- Neighbours are written as one: a call costs about a microsecond and 80 bytes of the append-only file.
local function write_cells(key, cells, width)
  local order = {}
  for seat in pairs(cells) do order[#order + 1] = seat end
  table.sort(order)
  local first, run = nil, {}
  for i, seat in ipairs(order) do
    if first == nil then first = seat end
    run[#run + 1] = cells[seat]
    if order[i + 1] ~= seat + 1 then
      redis.call('SETRANGE', key, first * width, table.concat(run))
      first, run = nil, {}
    end
  end
end

local function write_zone(zone)
  for i, four in pairs(zone.bytes) do zone.bytes[i] = char(four) end
  write_cells(zone.base .. ':states:' .. zone.name, zone.bytes, 1)
  write_cells(zone.base .. ':owners:' .. zone.name, zone.owners, 7)
  write_cells(zone.base .. ':ends:' .. zone.name, zone.ends, 6)
end

-- ---------------------------------------------------------------- the log

local function chunk_of(position) return floor((position - 1) / CHUNK) end
local function log_key(base, chunk) return base .. ':log:' .. string.format('%d', chunk) end

local function fact_at(base, position)
  local entry = redis.call('LINDEX', log_key(base, chunk_of(position)), (position - 1) % CHUNK)
  return entry and sub(entry, string.find(entry, '\n', 1, true) + 1) or ''
end

local function append(base, head, entries)
  local i = 1
  while i <= #entries do
    local chunk = chunk_of(head + i)
    local last = math.min(#entries, i + CHUNK - 1 - (head + i - 1) % CHUNK)
    redis.call('RPUSH', log_key(base, chunk), unpack(entries, i, last))
    i = last + 1
  end
end

-- ---------------------------------------------------------------- commit

-- The batch as it was sent: `redis.wire.ts` has the layout.
local function read_batch(text)
  local zones, changes, ids = {}, {}, {}
  local count, at
  count, at = unpack_struct('>I4', text)
  for i = 1, count do zones[i], at = unpack_struct('>I4c0', text, at) end
  count, at = unpack_struct('>I4', text, at)
  for i = 1, count do
    local zone, from, to, when, till, key, fingerprint, options, length, first = unpack_struct('>I4BBdc6I4c0I4c0BI4', text, at)
    at = first + length
    local change =
      { zone = zone, from = from, to = to, at = when, till = till, key = key, fingerprint = fingerprint, options = options, first = first }
    if change.key ~= '' then ids[#ids + 1] = change.key end
    changes[i] = change
  end
  return zones, changes, ids
end

-- What the last two days remember of these ids.
local function remembered(base, day, ids)
  local found = {}
  for _, each in ipairs({ day, day - 1 }) do
    local values = redis.call('HMGET', base .. ':keys:' .. string.format('%d', each), unpack(ids))
    for i, id in ipairs(ids) do found[id] = found[id] or values[i] end
  end
  return found
end

-- Moves to the day of the newest command. What is dropped is more than 24 hours old.
local function turn_day(shard, day)
  if day <= shard.day then return nil end
  local old = shard.day > 0 and { shard.day - 1, day - 1 > shard.day and shard.day or nil } or {}
  shard.yesterday = day == shard.day + 1 and shard.today or shard.head + 1
  shard.today = shard.head + 1
  shard.day = day
  return old
end

local function newest_day(shard, changes, first)
  local newest = shard.day
  for i = first, #changes do newest = math.max(newest, floor(changes[i].at / DAY)) end
  return newest
end

local function remember(batch, change, position)
  if change.key == '' then return end
  local value = string.format('%d', position) .. '\n' .. change.fingerprint
  batch.known[change.key] = value
  batch.keys[#batch.keys + 1] = change.key
  batch.keys[#batch.keys + 1] = value
end

-- The first option that is wholly available: its number, seats, owners and fact.
local function choose(text, zone, change)
  local at = change.first
  for i = 1, change.options do
    local packed, owners, mine, length
    packed, owners, mine, length, at = unpack_struct('>I4c0I4c0I4c0I4', text, at)
    local seats = seats_if_available(zone, change, packed, mine)
    if seats then return i - 1, seats, owners, sub(text, at, at + length - 1) end
    at = at + length
  end
  return nil
end

local function decide(batch, change)
  local known = change.key ~= '' and batch.known[change.key]
  if known then
    local line = string.find(known, '\n', 1, true)
    if sub(known, line + 1) ~= change.fingerprint then return KEY_REUSED, 0 end
    return REPLAYED, tonumber(sub(known, 1, line - 1))
  end
  local zone = batch.zones[change.zone]
  if not zone then return NOT_OPEN, 0 end
  local option, seats, owners, fact = choose(batch.text, zone, change)
  if not option then return TAKEN, 0 end
  local head = batch.shard.head + #batch.entries
  if head - batch.shard.trimmed > batch.backlog then return BEHIND, 0 end
  batch.entries[#batch.entries + 1] = put(zone, change, seats, owners) .. '\n' .. fact
  remember(batch, change, head + 1)
  return option, head + 1
end

-- What the answers need beside their numbers: the zones of those who hear that seats are taken, the facts of those who ask again.
local function answer(base, codes, changes, names, seats)
  local facts, zones, shown = {}, {}, {}
  for i, change in ipairs(changes) do
    local code, position = unpack_struct('>Bd', codes, i * 9 - 8)
    if code == REPLAYED then
      facts[#facts + 1] = fact_at(base, position)
    elseif code == TAKEN and not shown[change.zone] then
      shown[change.zone] = true
      local name = names[change.zone]
      zones[#zones + 1] = change.zone - 1
      zones[#zones + 1] = tonumber(seats[change.zone])
      zones[#zones + 1] = redis.call('GET', base .. ':states:' .. name) or ''
      zones[#zones + 1] = redis.call('GET', base .. ':ends:' .. name) or ''
    end
  end
  return { codes, zones, facts }
end

local function write(base, batch, old)
  local shard = batch.shard
  append(base, shard.head, batch.entries)
  for _, zone in pairs(batch.zones) do
    if zone.dirty then write_zone(zone) end
  end
  in_packs(batch.keys, function(...) redis.call('HSET', base .. ':keys:' .. string.format('%d', shard.day), ...) end)
  redis.call('HSET', base, 'head', string.format('%d', shard.head + #batch.entries))
  if old then
    redis.call('HSET', base, 'day', shard.day, 'today', string.format('%d', shard.today), 'yesterday', string.format('%d', shard.yesterday))
    for _, day in ipairs(old) do redis.call('UNLINK', base .. ':keys:' .. string.format('%d', day)) end
  end
end

-- The log is as long as it says: a list that was evicted or lost would have the next entry at a wrong place.
local function is_whole(base, head)
  return head % CHUNK == 0 or redis.call('LLEN', log_key(base, chunk_of(head))) == head % CHUNK
end

-- client, number of the batch, whether it was sent before, the highest position the client has seen, most entries behind, the batch
local function commit(base, args)
  local client, number, again, seen, text = args[2], tonumber(args[3]), args[4] == '1', tonumber(args[5]), args[7]
  local shard = meta(base)
  if shard.head < seen or not is_whole(base, shard.head) then return 'lost' end
  if shard.is_restoring then return 'restoring' end
  local names, changes, ids = read_batch(text)
  local old = turn_day(shard, newest_day(shard, changes, 1))
  ids[#ids + 1] = 'b' .. client
  local known = remembered(base, shard.day, ids)
  local seats = redis.call('HMGET', base .. ':zones', unpack(names))
  local last = known['b' .. client]
  if last then
    local line = string.find(last, '\n', 1, true)
    local before = tonumber(sub(last, 1, line - 1))
    if before == number then return answer(base, sub(last, line + 1), changes, names, seats) end
    if before > number then return 'late' end
  end
  local batch = { text = text, shard = shard, known = known, backlog = tonumber(args[6]), zones = {}, entries = {}, keys = {} }
  for i, name in ipairs(names) do batch.zones[i] = load_zone(base, name, seats[i]) end
  local codes = {}
  for i, change in ipairs(changes) do codes[i] = pack_struct('>Bd', decide(batch, change)) end
  local packed = table.concat(codes)
  -- Refusals alone need not be remembered, unless another copy of the batch may still be on its way.
  if #batch.entries > 0 or again then
    batch.keys[#batch.keys + 1] = 'b' .. client
    batch.keys[#batch.keys + 1] = string.format('%d', number) .. '\n' .. packed
    write(base, batch, old)
  end
  return answer(base, packed, changes, names, seats)
end

-- ---------------------------------------------------------------- putting entries back

-- A shard that has entries is in use, unless they are of an attempt that broke off.
local function begin(base)
  local shard = meta(base)
  if shard.head > 0 and not shard.is_restoring then return 'in-use' end
  redis.call('HSET', base, 'restoring', '1')
  return 'ok'
end

local function seats_of(packed)
  local found = {}
  for i = 1, #packed / 4 do
    local a, b, c, d = byte(packed, i * 4 - 3, i * 4)
    found[i] = ((a * 256 + b) * 256 + c) * 256 + d
  end
  return found
end

-- Takes the one option of a change, whatever its seats are. A seat that the zone does not have is an error before anything is written.
local function put_back(batch, change, position)
  local zone = batch.zones[change.zone]
  if not zone then return 'closed' end
  local packed, owners, _, length, at = unpack_struct('>I4c0I4c0I4c0I4', batch.text, change.first)
  local seats = seats_of(packed)
  for _, seat in ipairs(seats) do
    if seat >= zone.seats or state_of(zone, seat) == NONE then return 'closed' end
  end
  batch.entries[#batch.entries + 1] = put(zone, change, seats, owners) .. '\n' .. sub(batch.text, at, at + length - 1)
  remember(batch, change, position)
end

-- The fact of the change is that of the entry at its place, or the entry is gone.
local function is_same(base, text, change, position)
  local there = fact_at(base, position)
  local _, _, _, length, at = unpack_struct('>I4c0I4c0I4c0I4', text, change.first)
  return there == '' or there == sub(text, at, at + length - 1)
end

-- first position, the changes as a batch. What is here already is left as it is.
local function restore(base, args)
  local first, text = tonumber(args[2]), args[3]
  local shard = meta(base)
  local names, changes = read_batch(text)
  local known = math.min(shard.head + 1 - first, #changes)
  if known < 0 then return 'gap' end
  if known > 0 and not is_same(base, text, changes[known], first + known - 1) then return 'other' end
  if known == #changes then return 'ok' end
  if not shard.is_restoring then return 'in-use' end
  local old = turn_day(shard, newest_day(shard, changes, known + 1))
  local seats = redis.call('HMGET', base .. ':zones', unpack(names))
  local batch = { text = text, shard = shard, known = {}, zones = {}, entries = {}, keys = {} }
  for i, name in ipairs(names) do batch.zones[i] = load_zone(base, name, seats[i]) end
  for i = known + 1, #changes do
    local fault = put_back(batch, changes[i], first + i - 1)
    if fault then return fault end
  end
  write(base, batch, old)
  return 'ok'
end

local function finish(base)
  redis.call('HDEL', base, 'restoring')
  return 'ok'
end

-- ---------------------------------------------------------------- everything else

-- the highest position the client has seen, then zone, seats and states of each
local function open(base, args)
  if meta(base).head < tonumber(args[2]) then return 'lost' end
  for i = 3, #args, 3 do
    if redis.call('HEXISTS', base .. ':zones', args[i]) == 0 then
      redis.call('DEL', base .. ':owners:' .. args[i], base .. ':ends:' .. args[i])
      redis.call('SET', base .. ':states:' .. args[i], args[i + 2])
      redis.call('HSET', base .. ':zones', args[i], args[i + 1])
    end
  end
  return 'ok'
end

-- At most the rest of one list of the log, so that a long read does not stand in the way of buyers.
local function read(base, args)
  local shard = meta(base)
  local first, limit = math.max(tonumber(args[2]), shard.dropped * CHUNK) + 1, tonumber(args[3])
  local at = (first - 1) % CHUNK
  return { first, redis.call('LRANGE', log_key(base, chunk_of(first)), at, math.min(at + limit, CHUNK) - 1) }
end

-- Drops lists of the log that are wholly trimmed and older than every key: at most 64 a call.
local function trim(base, args)
  local shard = meta(base)
  local position = math.min(shard.head, tonumber(args[2]))
  if position <= shard.trimmed then return 'ok' end
  redis.call('HSET', base, 'trimmed', string.format('%d', position))
  local upTo = math.min(chunk_of(math.min(position + 1, shard.yesterday)), shard.dropped + 64)
  if upTo <= shard.dropped then return 'ok' end
  for chunk = shard.dropped, upTo - 1 do redis.call('UNLINK', log_key(base, chunk)) end
  redis.call('HSET', base, 'dropped', upTo)
  return 'ok'
end

local function ends(base)
  local shard = meta(base)
  return { shard.trimmed, shard.head, redis.call('HLEN', base .. ':zones') }
end

local function seats(base, args)
  local count = redis.call('HGET', base .. ':zones', args[2])
  local states = count and redis.call('GET', base .. ':states:' .. args[2])
  if not states then return false end
  return { tonumber(count), states, redis.call('GET', base .. ':ends:' .. args[2]) or '' }
end

local function zones(base) return redis.call('HGETALL', base .. ':zones') end

-- event and shard of each; an event that has a place keeps it
local function place(base, args)
  for i = 2, #args, 2 do redis.call('HSETNX', base .. ':places', args[i], args[i + 1]) end
  return 'ok'
end

local function places(base) return redis.call('HGETALL', base .. ':places') end

local does = {
  commit = commit, open = open, read = read, trim = trim, ends = ends, seats = seats, zones = zones,
  begin = begin, restore = restore, finish = finish, place = place, places = places,
}

return function(keys, args) return does[args[1]](keys[1], args) end
