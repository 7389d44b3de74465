-- The ledger on Redis: every question to one shard and every change of it, each one call. Runs as a function (Redis 7) or by EVALSHA.
--
-- KEYS[1] is the shard's base, `<prefix>:{<shard>}`; every key of the shard begins with it, so that a cluster keeps them together.
-- The prefix stands before the braces: shards are spread over the nodes by their number.
--   <base>            hash: head, trimmed, day (the newest of the commands), today and yesterday (first positions of the last two days),
--                     restoring (entries are being put back: nothing is sold)
--   <base>:zones      hash: zone -> seats. What is not in it is not open: a store that was emptied sells nothing
--   <base>:states:Z   two bits a seat, `owners:Z` seven bytes (a hash of 52 bits), `ends:Z` six bytes (the end of a hold, ms)
--   <base>:log        stream: records of up to 32 entries, kept until they are trimmed and no key needs them. The id is
--                     `<position of the last entry>-<entries>`, `was` has what seats were, entries apart by blanks, `facts` a line each
--   <base>:keys:DAY   hash: k<idempotency key> -> `<position>\n<fingerprint>`, b<client> -> `<number of its last batch>\n<head before>\n<codes>`
--   <base>:places     hash, in shard 0 only: event -> shard, of events that are not where their hash would put them
-- This is format 2 (`redis.ts` refuses others); in the first, the log was lists of entries.
--
-- Everything is decided before anything is written, because Redis does not take back what a failed script wrote.
-- Time is the commands' (`at`), so that a server's clock changes nothing.
--
-- What it costs is mostly texts, of which this Lua hashes every byte whenever it makes one (0.5 us for the 300 of a fact), and calls to Redis (1 us
-- each). So facts come in texts of up to 32 changes, which become a record as they are when all of them are done, and what a batch
-- does to a zone is read and written once.

local RECORD = 32
local AT_A_READ = 1024
-- Records (nodes of the stream) that a trim drops at most.
local AT_A_TRIM = 4096
local DAY = 24 * 60 * 60 * 1000
local FREE, HELD, NONE = 0, 1, 3
local FROM_FREE, FROM_MINE = 0, 1
local REPLAYED, TAKEN, KEY_REUSED, NOT_OPEN, BEHIND = 255, 254, 253, 252, 251
-- Lua hands at most some 8,000 values to a call.
local AT_ONCE = 4000
-- A run of bytes that stay as they are is written too when it is shorter than what another call costs the append-only file.
local BRIDGE = 64

local byte, char, sub, find, floor, concat = string.byte, string.char, string.sub, string.find, math.floor, table.concat
local unpack_struct = struct.unpack

local function digits(number) return string.format('%d', number) end

local function meta(base)
  local found = redis.call('HMGET', base, 'head', 'trimmed', 'day', 'today', 'yesterday', 'restoring')
  return {
    head = tonumber(found[1]) or 0,
    trimmed = tonumber(found[2]) or 0,
    day = tonumber(found[3]) or 0,
    today = tonumber(found[4]) or 1,
    yesterday = tonumber(found[5]) or 1,
    is_restoring = found[6] and true or false,
  }
end

-- ---------------------------------------------------------------- cells: owners and ends of holds, so many bytes a seat

-- What a batch writes, in its order: runs of neighbours, and in which run a seat was written last.
local function put_cells(cells, first, last, blob)
  local n = #cells.first + 1
  cells.first[n], cells.blob[n] = first, blob
  for seat = first, last do cells.run[seat] = n end
end

local function no_cells() return { first = {}, blob = {}, run = {} } end

local function cell(key, width, cells, seat)
  local n = cells and cells.run[seat]
  if not n then return redis.call('GETRANGE', key, seat * width, seat * width + width - 1) end
  local at = (seat - cells.first[n]) * width
  return sub(cells.blob[n], at + 1, at + width)
end

-- Runs that follow one another are one call: it costs about a microsecond and 80 bytes of the append-only file.
local function write_cells(key, width, cells)
  local first, blob, i = cells.first, cells.blob, 1
  while first[i] do
    local last, beyond = i, first[i] + #blob[i] / width
    while first[last + 1] == beyond do
      last = last + 1
      beyond = beyond + #blob[last] / width
    end
    redis.call('SETRANGE', key, first[i] * width, last == i and blob[i] or concat(blob, '', i, last))
    i = last + 1
  end
end

-- ---------------------------------------------------------------- seats

local OWNER, END = 7, 6

-- A zone as this batch sees it: what is stored, and over it what the batch has changed (`bytes` of states, cells of owners and ends).
local function load_zone(base, name, seats)
  local states = seats and redis.call('GET', base .. ':states:' .. name)
  if not states then return nil end
  return { base = base, name = name, seats = tonumber(seats), states = states, bytes = {} }
end

local function key_of(zone, what) return zone.base .. what .. zone.name end

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

local function end_of(zone, seat)
  local a, b, c, d, e, f = byte(cell(key_of(zone, ':ends:'), END, zone.ends, seat), 1, END)
  -- A hold whose end is lost never ends.
  if not f then return math.huge end
  return ((((a * 256 + b) * 256 + c) * 256 + d) * 256 + e) * 256 + f
end

-- `mine`: where the text has the owner who is asked for.
local function is_available(zone, change, seat, text, mine)
  local state = state_of(zone, seat)
  if state == FREE or (state == HELD and end_of(zone, seat) <= change.at) then return change.from ~= FROM_MINE end
  if change.from == FROM_FREE or state == NONE then return false end
  return cell(key_of(zone, ':owners:'), OWNER, zone.owners, seat) == sub(text, mine, mine + OWNER - 1)
end

-- The seats of the option at hand, one table for all.
local wanted = {}

local function is_among(count, seat)
  for i = 1, count do
    if wanted[i] == seat then return true end
  end
  return false
end

-- Whether all seats of an option are available; then they are `wanted`. A wish is for a handful, so looking through those before is the shortest.
local function fits(zone, change, text, count, seats, mine)
  for i = 1, count do
    local a, b, c, d = byte(text, seats + i * 4 - 4, seats + i * 4 - 1)
    local seat = ((a * 256 + b) * 256 + c) * 256 + d
    if seat >= zone.seats or is_among(i - 1, seat) or not is_available(zone, change, seat, text, mine + (i - 1) * OWNER) then return false end
    wanted[i] = seat
  end
  return count > 0
end

local LETTER = { [0] = '.', 'h', 's' }

-- Puts the wanted seats into a state, whatever they were. Returns what they were, a letter each.
local function put(zone, change, text, count, owners)
  local was, to, first = '', change.to, 1
  for i = 1, count do
    local seat = wanted[i]
    local state = state_of(zone, seat)
    was = was .. LETTER[state]
    set_state(zone, seat, state, to)
    if i == count or wanted[i + 1] ~= seat + 1 then
      if to ~= FREE then
        zone.owners = zone.owners or no_cells()
        put_cells(zone.owners, wanted[first], seat, sub(text, owners + (first - 1) * OWNER, owners + i * OWNER - 1))
      end
      if to == HELD then
        zone.ends = zone.ends or no_cells()
        put_cells(zone.ends, wanted[first], seat, string.rep(change.till, i - first + 1))
      end
      first = i + 1
    end
  end
  return was
end

local function write_zone(zone)
  local order, key = {}, key_of(zone, ':states:')
  for i in pairs(zone.bytes) do order[#order + 1] = i end
  table.sort(order)
  local pieces, from = {}, 1
  for n, i in ipairs(order) do
    pieces[#pieces + 1] = char(zone.bytes[i])
    local next = order[n + 1]
    if next and next - i <= BRIDGE then
      if next > i + 1 then pieces[#pieces + 1] = sub(zone.states, i + 2, next) end
    else
      redis.call('SETRANGE', key, order[from], concat(pieces))
      pieces, from = {}, n + 1
    end
  end
  if zone.owners then write_cells(key_of(zone, ':owners:'), OWNER, zone.owners) end
  if zone.ends then write_cells(key_of(zone, ':ends:'), END, zone.ends) end
end

-- ---------------------------------------------------------------- the log

local function place_of(record)
  local last, count = string.match(record[1], '^(%d+)-(%d+)$')
  return tonumber(last), tonumber(count)
end

local function fact_at(base, position)
  local record = redis.call('XRANGE', base .. ':log', digits(position), '+', 'COUNT', 1)[1]
  if not record then return '' end
  local last, count = place_of(record)
  if position <= last - count then return '' end
  local facts, at = record[2][4], 1
  for _ = last - count + 2, position do at = find(facts, '\n', at, true) + 1 end
  return sub(facts, at, find(facts, '\n', at, true) - 1)
end

local function new_record(text) return { text = text, was = {}, first = {}, last = {} } end

-- Adds to the record at hand. Facts that stand side by side are copied as one.
local function add_entry(record, was, first, last)
  local n = #record.first
  record.was[#record.was + 1] = was
  if record.last[n] == first - 1 then
    record.last[n] = last
  else
    record.first[n + 1], record.last[n + 1] = first, last
  end
end

local function facts_of(record)
  local text, first, last, pieces = record.text, record.first, record.last, {}
  if first[1] == 1 and last[1] == #text then return text end
  for i = 1, #first do pieces[i] = sub(text, first[i], last[i]) end
  return concat(pieces)
end

local function append(base, head, records)
  for _, record in ipairs(records) do
    local count = #record.was
    if count > 0 then
      head = head + count
      redis.call('XADD', base .. ':log', digits(head) .. '-' .. count, 'was', concat(record.was, ' '), 'facts', facts_of(record))
    end
  end
end

-- A log that was lost would begin again; one that is longer than the shard knows takes nothing (XADD refuses, before anything is written).
local function is_whole(base, head) return head == 0 or redis.call('EXISTS', base .. ':log') == 1 end

-- ---------------------------------------------------------------- commit

-- The batch as it was sent: `redis.wire.ts` has the layout. Its changes are read one by one, by `next_change`.
local function read_batch(shard, backlog, numbers, words)
  local zones, ids, prints, at, word = {}, {}, {}, 1, 1
  local function next_word(length)
    word = word + length
    return sub(words, word - length, word - 1)
  end
  local count, length, print_length
  count, at = unpack_struct('>I4', numbers, at)
  for i = 1, count do
    length, at = unpack_struct('>I4', numbers, at)
    zones[i] = next_word(length)
  end
  count, at = unpack_struct('>I4', numbers, at)
  for i = 1, count do
    length, print_length, at = unpack_struct('>I4I4', numbers, at)
    ids[i], prints[i] = next_word(length), next_word(print_length)
  end
  count, at = unpack_struct('>I4', numbers, at)
  return {
    shard = shard, backlog = backlog, numbers = numbers, changes = count, at = at, key = 0,
    names = zones, zones = {}, ids = ids, prints = prints, known = {}, fresh = {}, keys = {},
    entries = 0, records = {}, replays = {}, taken = {},
  }
end

local change = {}

-- The next change of the batch: one table for all, because making one costs as much as deciding.
local function next_change(batch)
  local zone, from, to, keyed, options, at, till, bytes, facts, first = unpack_struct('>I2BBBBdc6I4I4', batch.numbers, batch.at)
  change.zone, change.from, change.to, change.options, change.at, change.till = zone, from, to, options, at, till
  change.first, change.facts, batch.at = first, facts, first + bytes
  batch.key = batch.key + keyed
  change.key = keyed == 1 and batch.key or nil
end

-- What the last two days remember of the ids of a batch, by their place in it, and of its client.
local function remember(base, batch, client)
  local day, ids = batch.shard.day, batch.ids
  ids[#ids + 1] = 'b' .. client
  batch.known = redis.call('HMGET', base .. ':keys:' .. digits(day), unpack(ids))
  local before = base .. ':keys:' .. digits(day - 1)
  if redis.call('EXISTS', before) == 1 then
    for i, value in ipairs(redis.call('HMGET', before, unpack(ids))) do batch.known[i] = batch.known[i] or value end
  end
  ids[#ids] = nil
  return batch.known[#ids + 1]
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

-- The first option that is wholly available: its number, seats, where its owners stand, and its fact from and to.
local function choose(batch, zone, fact)
  local text, at = batch.numbers, change.first
  for option = 0, change.options - 1 do
    local count, length = unpack_struct('>I4I4', text, at)
    local owners = at + 8 + count * 4
    local mine = owners + (change.to == FREE and 0 or count * OWNER)
    if fits(zone, change, text, count, at + 8, mine) then return option, count, owners, fact, fact + length - 1 end
    at = mine + (change.from == FROM_FREE and 0 or count * OWNER)
    fact = fact + length
  end
  return nil
end

-- The key of what is done at a position is written with the batch.
local function keep_key(batch, key, position)
  local id, value, keys = batch.ids[key], digits(position) .. '\n' .. batch.prints[key], batch.keys
  batch.fresh[id] = value
  keys[#keys + 1] = id
  keys[#keys + 1] = value
end

-- `fact`: where the facts of the change begin in the text of the record at hand.
local function decide(batch, record, fact)
  local key = change.key
  local known = key and (batch.known[key] or batch.fresh[batch.ids[key]])
  if known then
    local line = find(known, '\n', 1, true)
    return sub(known, line + 1) == batch.prints[key] and REPLAYED or KEY_REUSED
  end
  local zone = batch.zones[change.zone]
  if not zone then return NOT_OPEN end
  local option, count, owners, first, last = choose(batch, zone, fact)
  if not option then return TAKEN end
  local shard = batch.shard
  local position = shard.head + batch.entries + 1
  if position - 1 - shard.trimmed > batch.backlog then return BEHIND end
  add_entry(record, put(zone, change, batch.numbers, count, owners), first, last)
  batch.entries = batch.entries + 1
  if key then keep_key(batch, key, position) end
  return option
end

-- What an answer needs beside its number: the zone of who hears that seats are taken, the first answer of who asks again.
local function note(batch, code)
  if code == TAKEN then batch.taken[change.zone] = true end
  if code ~= REPLAYED then return end
  local known = batch.known[change.key] or batch.fresh[batch.ids[change.key]]
  batch.replays[#batch.replays + 1] = tonumber(sub(known, 1, find(known, '\n', 1, true) - 1))
end

-- All changes in their order: codes, a byte each. `texts` are facts of 32 changes each.
local function decide_all(batch, texts)
  local codes = {}
  for from = 1, batch.changes, RECORD do
    local record, fact = new_record(texts[#batch.records + 1]), 1
    for i = from, math.min(from + RECORD - 1, batch.changes) do
      next_change(batch)
      local code = decide(batch, record, fact)
      note(batch, code)
      codes[i] = char(code)
      fact = fact + change.facts
    end
    batch.records[#batch.records + 1] = record
  end
  return concat(codes)
end

local function answer(base, batch, head, codes, seats)
  local facts, zones = {}, {}
  for _, position in ipairs(batch.replays) do
    facts[#facts + 1] = position
    facts[#facts + 1] = fact_at(base, position)
  end
  for place in pairs(batch.taken) do
    local name = batch.names[place]
    zones[#zones + 1] = place - 1
    zones[#zones + 1] = tonumber(seats[place])
    zones[#zones + 1] = redis.call('GET', base .. ':states:' .. name) or ''
    zones[#zones + 1] = redis.call('GET', base .. ':ends:' .. name) or ''
  end
  return { codes, head, zones, facts }
end

-- The same batch again: what was decided then. `last` is `<head before>\n<codes>`.
local function answer_again(base, batch, last, seats)
  local line = find(last, '\n', 1, true)
  local codes = sub(last, line + 1)
  for i = 1, batch.changes do
    next_change(batch)
    note(batch, byte(codes, i))
  end
  return answer(base, batch, tonumber(sub(last, 1, line - 1)), codes, seats)
end

local function write(base, batch, old)
  local shard, keys = batch.shard, batch.keys
  append(base, shard.head, batch.records)
  for _, zone in pairs(batch.zones) do write_zone(zone) end
  for first = 1, #keys, AT_ONCE do
    redis.call('HSET', base .. ':keys:' .. digits(shard.day), unpack(keys, first, math.min(first + AT_ONCE - 1, #keys)))
  end
  redis.call('HSET', base, 'head', digits(shard.head + batch.entries))
  if old then
    redis.call('HSET', base, 'day', shard.day, 'today', digits(shard.today), 'yesterday', digits(shard.yesterday))
    for _, day in ipairs(old) do redis.call('UNLINK', base .. ':keys:' .. digits(day)) end
  end
end

-- client, number of the batch, whether it was sent before, the highest position the client has seen, most entries behind, the newest
-- moment of the batch, and the batch: numbers, words, facts of 32 changes each
local function commit(base, args)
  local client, number, again, seen = args[2], args[3], args[4] == '1', tonumber(args[5])
  local shard = meta(base)
  if shard.head < seen or not is_whole(base, shard.head) then return 'lost' end
  if shard.is_restoring then return 'restoring' end
  local batch = read_batch(shard, tonumber(args[6]), args[8], args[9])
  local old = turn_day(shard, floor(tonumber(args[7]) / DAY))
  local last = remember(base, batch, client)
  local seats = redis.call('HMGET', base .. ':zones', unpack(batch.names))
  if last then
    local line = find(last, '\n', 1, true)
    local before = tonumber(sub(last, 1, line - 1))
    if before == tonumber(number) then return answer_again(base, batch, sub(last, line + 1), seats) end
    if before > tonumber(number) then return 'late' end
  end
  for i, name in ipairs(batch.names) do batch.zones[i] = load_zone(base, name, seats[i]) end
  local codes = decide_all(batch, { unpack(args, 10) })
  -- Refusals alone need not be remembered, unless another copy of the batch may still be on its way.
  if batch.entries > 0 or again then
    local keys = batch.keys
    keys[#keys + 1] = 'b' .. client
    keys[#keys + 1] = number .. '\n' .. digits(shard.head) .. '\n' .. codes
    write(base, batch, old)
  end
  return answer(base, batch, shard.head, codes, seats)
end

-- ---------------------------------------------------------------- putting entries back

-- A shard that has entries is in use, unless they are of an attempt that broke off.
local function begin(base)
  local shard = meta(base)
  if shard.head > 0 and not shard.is_restoring then return 'in-use' end
  redis.call('HSET', base, 'restoring', '1')
  return 'ok'
end

-- Takes the one option of the change at hand, whatever its seats are. Returns a fault where the zone or a seat is not there; nothing is written yet.
local function put_back(batch, record, fact)
  local zone, text, at = batch.zones[change.zone], batch.numbers, change.first
  if not zone then return 'closed' end
  local count = unpack_struct('>I4', text, at)
  for i = 1, count do
    local seat = unpack_struct('>I4', text, at + 4 + i * 4)
    if seat >= zone.seats or state_of(zone, seat) == NONE then return 'closed' end
    wanted[i] = seat
  end
  add_entry(record, put(zone, change, text, count, at + 8 + count * 4), fact, fact + change.facts - 1)
  batch.entries = batch.entries + 1
  if change.key then keep_key(batch, change.key, batch.shard.head + batch.entries) end
end

-- All changes of the batch but the first `known`, which are here already: the last of these has the fact of the entry there, unless that is gone.
local function put_all_back(batch, known, there, texts)
  local record, fact
  for i = 1, batch.changes do
    if i % RECORD == 1 then
      record, fact = new_record(texts[#batch.records + 1]), 1
      batch.records[#batch.records + 1] = record
    end
    next_change(batch)
    if i == known and there ~= '' and there ~= sub(record.text, fact, fact + change.facts - 2) then return 'other' end
    if i > known then
      if not batch.shard.is_restoring then return 'in-use' end
      local fault = put_back(batch, record, fact)
      if fault then return fault end
    end
    fact = fact + change.facts
  end
  return nil
end

-- first position, the newest moment of the batch, and the batch. What is here already is left as it is.
local function restore(base, args)
  local first = tonumber(args[2])
  local shard = meta(base)
  local batch = read_batch(shard, 0, args[4], args[5])
  local known = math.min(shard.head + 1 - first, batch.changes)
  if known < 0 then return 'gap' end
  local seats = redis.call('HMGET', base .. ':zones', unpack(batch.names))
  for i, name in ipairs(batch.names) do batch.zones[i] = load_zone(base, name, seats[i]) end
  local there = known > 0 and fact_at(base, first + known - 1) or ''
  local fault = put_all_back(batch, known, there, { unpack(args, 6) })
  if fault then return fault end
  if batch.entries > 0 then write(base, batch, turn_day(shard, floor(tonumber(args[3]) / DAY))) end
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

-- Whole records; the first may begin before what is asked for. At most so many that a long read does not stand in the way of buyers.
local function read(base, args)
  local after, wanted_entries = tonumber(args[2]), math.min(tonumber(args[3]), AT_A_READ)
  local records, count = {}, 0
  while count < wanted_entries do
    local found = redis.call('XRANGE', base .. ':log', digits(after + 1), '+', 'COUNT', RECORD)
    for _, record in ipairs(found) do
      local last, entries = place_of(record)
      records[#records + 1] = record
      count, after = count + entries, last
      if count >= wanted_entries then break end
    end
    if #found < RECORD then break end
  end
  return records
end

-- Drops records that are wholly trimmed and older than every key; never the last, which tells that the log is whole.
local function trim(base, args)
  local shard = meta(base)
  local position = math.min(shard.head, tonumber(args[2]))
  if position <= shard.trimmed then return 'ok' end
  redis.call('HSET', base, 'trimmed', digits(position))
  local keep = math.min(position + 1, shard.yesterday, shard.head)
  redis.call('XTRIM', base .. ':log', 'MINID', '~', digits(keep), 'LIMIT', AT_A_TRIM)
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
