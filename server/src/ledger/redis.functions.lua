-- The ledger on Redis: every question to one shard and every change of it, each one call. Runs as a function (Redis 7) or by EVALSHA.
--
-- KEYS[1] is the shard's base, `<prefix>:{<shard>}`; every key of the shard begins with it, so that a cluster keeps them together.
-- The prefix stands before the braces: shards are spread over the nodes by their number.
--   <base>            hash: head, trimmed, day (the newest of the commands), today and yesterday (first positions of the last two days),
--                     restoring (entries are being put back: nothing is sold)
--   <base>:zones      hash: zone -> u32 seats, u32 first: the seats of a shard are numbered through, each zone from a number that four divides.
--                     What is not in it is not open: a store that was emptied sells nothing
--   <base>:states     two bits a seat of the shard; `ends` six bytes (the end of a hold, ms)
--   <base>:owners     hash: seat -> seven bytes (a hash of 52 bits) of who has it
--   <base>:log        stream: records of up to 32 entries, kept until they are trimmed and no key needs them. The id is
--                     `<position of the last entry>-<entries>`, `was` has what seats were, entries apart by blanks, `facts` a line each
--   <base>:keys:DAY   hash: k<idempotency key> -> `<head before its batch>+<place in it>\n<fingerprint>`,
--                     b<client> -> `<number of its last batch>\n<head before>\n<codes>`
--   <base>:places     hash, in shard 0 only: event -> shard, of events that are not where their hash would put them
-- This is format 3 (`redis.ts` refuses others); in the second each zone had states, owners and ends of its own.
--
-- Everything is decided before anything is written, because Redis does not take back what a failed script wrote.
-- Time is the commands' (`at`), so that a server's clock changes nothing.
--
-- What it costs is mostly texts, of which this Lua hashes every byte whenever it makes one (0.5 us for the 300 of a fact), and calls: to Redis 1 us
-- each, of a function 0.1. So a batch comes as one list of numbers and a few texts that are cut at once, facts in texts of up to 32 changes, which
-- become a record as they are when all of them are done, and what lies near each other is read and written in one piece.

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
-- So many bytes of states that stay as they are cost as much as another call: to be read, and to be written.
local READ_BRIDGE, WRITE_BRIDGE = 512, 192

local byte, char, sub, find, rep = string.byte, string.char, string.sub, string.find, string.rep
local floor, concat, sort = math.floor, table.concat, table.sort
local pack_struct, unpack_struct = struct.pack, struct.unpack

local function digits(number) return string.format('%d', number) end

-- What a few numbers become is made once: C takes 0.2 us for a text of one.
local function remembered(make)
  return setmetatable({}, {
    __index = function(made, number)
      made[number] = make(number)
      return made[number]
    end,
  })
end
-- Places in a batch, and bytes.
local TEXT, BYTE = remembered(digits), remembered(char)

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

-- ---------------------------------------------------------------- seats

local OWNER, END = 7, 6

local function read_bytes(base, what, from, count)
  return redis.call('GETRANGE', base .. what, digits(from), digits(from + count - 1))
end

-- Where a zone is in its shard: its number of seats, the first of them, and the bytes of their states.
local function place_of_zone(stored)
  local seats, first = unpack_struct('>I4I4', stored)
  return { seats = seats, first = first, from = first / 4, bytes = math.max(1, math.ceil(seats / 4)) }
end

-- Neighbours whose states were read in one piece, with what a batch changes of them: states and ends by seat.
local function new_span(base, from, count)
  return { base = base, from = from, text = read_bytes(base, ':states', from, count), count = 0, changed = {}, states = {}, ends = {} }
end

-- The zones of a batch by their place in it; one that is not open is missing.
local function load_zones(base, names)
  local zones, count, from, beyond = {}, 0, math.huge, 0
  for i, stored in ipairs(redis.call('HMGET', base .. ':zones', unpack(names))) do
    local zone = stored and place_of_zone(stored)
    zones[i] = zone
    if zone then count, from, beyond = count + 1, math.min(from, zone.from), math.max(beyond, zone.from + zone.bytes) end
  end
  local whole = count > 0 and beyond - from <= count * READ_BRIDGE and new_span(base, from, beyond - from)
  for i = 1, #names do
    local zone = zones[i]
    if zone then
      zone.span = whole or new_span(base, zone.from, zone.bytes)
      -- States that were lost are no free seats.
      if zone.from + zone.bytes - zone.span.from > #zone.span.text then zones[i] = false end
    end
  end
  return zones
end

-- Two bits of four seats are one byte; the first seat has the high bits.
local PLACE = { 64, 16, 4, 1 }

local function state_of(span, seat)
  local state = span.states[seat]
  if state then return state end
  local four = seat % 4
  local place, b = PLACE[four + 1], byte(span.text, (seat - four) / 4 - span.from + 1)
  return (b - b % place) / place % 4
end

local function end_of(span, seat)
  local stored = span.ends[seat] or read_bytes(span.base, ':ends', seat * END, END)
  -- A hold whose end is lost never ends.
  return #stored == END and unpack_struct('>I6', stored) or math.huge
end

-- The seats of the option at hand and their states, two tables for all.
local wanted, were = {}, {}

local function is_among(count, seat)
  for i = 1, count do
    if wanted[i] == seat then return true end
  end
  return false
end

local LETTER = { [0] = '.', 'h', 's' }

-- The ends of holds of neighbours are one call.
local function write_ends(span)
  if not next(span.ends) then return end
  local seats, ends, i = span.changed, span.ends, 1
  while seats[i] do
    local run, last = { ends[seats[i]] }, i
    while run[1] and seats[last + 1] == seats[last] + 1 and ends[seats[last + 1]] do
      last = last + 1
      run[#run + 1] = ends[seats[last]]
    end
    if run[1] then redis.call('SETRANGE', span.base .. ':ends', digits(seats[i] * END), concat(run)) end
    i = last + 1
  end
end

local function write_states(span)
  local seats, states, text, from, n, seat = span.changed, span.states, span.text, span.from, 1, span.changed[1]
  local i = (seat - seat % 4) / 4
  local pieces, count, first = {}, 0, i
  while i do
    local b, beyond = byte(text, i - from + 1), i * 4 + 4
    while seat and seat < beyond do
      local place = PLACE[seat % 4 + 1]
      b = b + (states[seat] - (b - b % place) / place % 4) * place
      n = n + 1
      seat = seats[n]
    end
    count = count + 1
    pieces[count] = BYTE[b]
    local following = seat and (seat - seat % 4) / 4
    if following and following - i <= WRITE_BRIDGE then
      if following > i + 1 then
        count = count + 1
        pieces[count] = sub(text, i - from + 2, following - from)
      end
    else
      redis.call('SETRANGE', span.base .. ':states', digits(first), concat(pieces))
      pieces, count, first = {}, 0, following
    end
    i = following
  end
end

local function write_span(span)
  sort(span.changed)
  write_states(span)
  write_ends(span)
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

local function new_record(text) return { text = text, count = 0, was = {}, runs = 0, first = {}, last = {} } end

-- Adds to the record at hand. Facts that stand side by side are copied as one.
local function add_entry(record, was, first, last)
  local count, runs = record.count + 1, record.runs
  record.count, record.was[count] = count, was
  if record.last[runs] ~= first - 1 then
    runs = runs + 1
    record.runs, record.first[runs] = runs, first
  end
  record.last[runs] = last
end

local function facts_of(record)
  local text, first, last, pieces = record.text, record.first, record.last, {}
  if first[1] == 1 and last[1] == #text then return text end
  for i = 1, #first do pieces[i] = sub(text, first[i], last[i]) end
  return concat(pieces)
end

local function append(base, head, records)
  for _, record in ipairs(records) do
    local count = record.count
    if count > 0 then
      head = head + count
      redis.call('XADD', base .. ':log', digits(head) .. '-' .. count, 'was', concat(record.was, ' '), 'facts', facts_of(record))
    end
  end
end

-- A log that was lost would begin again; one that is longer than the shard knows takes nothing (XADD refuses, before anything is written).
local function is_whole(base, head) return head == 0 or redis.call('EXISTS', base .. ':log') == 1 end

-- ---------------------------------------------------------------- commit

local function numbers_of(text)
  local all, count = {}, #text / 8
  for first = 0, count - 1, AT_ONCE do
    local n = math.min(AT_ONCE, count - first)
    local some = { unpack_struct('<' .. rep('d', n), text, first * 8 + 1) }
    if first == 0 then all = some
    else for i = 1, n do all[first + i] = some[i] end end
  end
  return all
end

-- Names of zones, ids of keys and their fingerprints, cut from one text as `format` says.
local function words_of(format, text, zones, keys)
  local words = { unpack_struct(format, text) }
  return { unpack(words, 1, zones) }, { unpack(words, zones + 1, zones + keys) }, { unpack(words, zones + keys + 1, zones + 2 * keys) }
end

-- Of a change: where its numbers are, from its own place. Those of its first option are at OPTION: seats, first and last byte of its fact, the seats.
local ZONE, KEY, KIND, AT, UNTIL, OWNERS, NEXT, OPTIONS, OPTION = 0, 1, 2, 3, 4, 5, 6, 7, 8

-- The batch at hand, in locals of this file: a look into a table by name takes 10 ns, and there would be forty a change.
--   as it was sent (`redis.wire.ts` has the layout)   numbers, names of its zones, ids and prints of its keys, owner_cells
--   as it is stored                                   zones, known (values of its keys)
--   what is to be written                             entries (how many), records, keys and owned (fields and values), fresh (values by id)
local numbers, names, ids, prints, owner_cells, zones, known, entries, records, keys, owned, fresh
-- For its answer: positions of first answers, and places of zones of which somebody was refused seats.
local replays, taken
local FIRST = 4

local function read_batch(format, all_numbers, words, all_owners)
  numbers, owner_cells = numbers_of(all_numbers), all_owners
  names, ids, prints = words_of(format, words, numbers[1], numbers[2])
  entries, records, keys, owned, fresh, replays, taken = 0, {}, {}, {}, {}, {}, {}
end

-- What the last two days remember of the ids of the batch, by their place in it, and of its client.
local function remember(base, day, client)
  ids[#ids + 1] = 'b' .. client
  known = redis.call('HMGET', base .. ':keys:' .. digits(day), unpack(ids))
  local before = base .. ':keys:' .. digits(day - 1)
  if redis.call('EXISTS', before) == 1 then
    for i, value in ipairs(redis.call('HMGET', before, unpack(ids))) do known[i] = known[i] or value end
  end
  ids[#ids] = nil
  return known[#ids + 1]
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

-- Who has a seat, by what this batch did or by what is stored.
local function owner_of(span, seat)
  local field = digits(seat)
  if span.states[seat] then
    for i = #owned - 1, 1, -2 do
      if owned[i] == field then return owned[i + 1] end
    end
  end
  return redis.call('HGET', span.base .. ':owners', field)
end

-- Whether a seat is to be had: free, of a hold that ran out, or one's own. `mine`: where `owner_cells` has who asks.
local function is_had(p, span, seat, state, mine)
  local from = floor(numbers[p + KIND] / 3)
  if state == FREE or (state == HELD and end_of(span, seat) <= numbers[p + AT]) then return from ~= FROM_MINE end
  if from == FROM_FREE or state == NONE then return false end
  return owner_of(span, seat) == sub(owner_cells, mine, mine + OWNER - 1)
end

-- Whether all seats of the option at `q` are available; then they are `wanted`. A wish is for a handful, so looking through those before is the shortest.
local function fits(p, zone, q, mine)
  local span, count, takes_free = zone.span, numbers[q], numbers[p + KIND] < 3
  for i = 1, count do
    local seat = numbers[q + 2 + i]
    if seat >= zone.seats then return false end
    seat = zone.first + seat
    local state = state_of(span, seat)
    if not (takes_free and state == FREE) and not is_had(p, span, seat, state, mine + (i - 1) * OWNER) then return false end
    if i > 1 and is_among(i - 1, seat) then return false end
    wanted[i], were[i] = seat, state
  end
  return count > 0
end

-- The first option that is wholly available: its number, where it is, and where its owners stand.
local function choose(p, zone)
  local q, owners, kind = p + OPTION, numbers[p + OWNERS], numbers[p + KIND]
  local news, mine = kind % 3 == FREE and 0 or OWNER, kind < 3 and 0 or OWNER
  for option = 0, numbers[p + OPTIONS] - 1 do
    local count = numbers[q]
    if fits(p, zone, q, owners + count * news) then return option, q, owners end
    q, owners = q + 3 + count, owners + count * (news + mine)
  end
  return nil
end

-- Puts the wanted seats where the change at `p` wants them. Returns what they were, a letter each. An owner who is none any more stays
-- written, which nobody reads while the seat is free.
local function put(p, span, count, owners)
  local was, to, n, states = LETTER[were[1]], numbers[p + KIND] % 3, #owned, span.states
  for i = 1, count do
    local seat = wanted[i]
    if i > 1 then was = was .. LETTER[were[i]] end
    if not states[seat] then
      span.count = span.count + 1
      span.changed[span.count] = seat
    end
    states[seat] = to
    if to ~= FREE then
      owned[n + 1], owned[n + 2] = digits(seat), sub(owner_cells, owners, owners + OWNER - 1)
      n, owners = n + 2, owners + OWNER
    end
    if to == HELD then span.ends[seat] = pack_struct('>I6', numbers[p + UNTIL]) end
  end
  return was
end

-- The key of what is done as the newest entry is written with the batch. `before`: the head before the batch and a plus.
local function keep_key(key, before)
  local id, n = ids[key], #keys
  local value = before .. TEXT[entries] .. '\n' .. prints[key]
  fresh[id], keys[n + 1], keys[n + 2] = value, id, value
end

local function decide(record, p, room, before)
  local key = numbers[p + KEY]
  local value = key > 0 and (known[key] or fresh[ids[key]])
  if value then return sub(value, find(value, '\n', 1, true) + 1) == prints[key] and REPLAYED or KEY_REUSED end
  local zone = zones[numbers[p + ZONE]]
  if not zone then return NOT_OPEN end
  local option, q, owners = choose(p, zone)
  if not option then return TAKEN end
  if entries > room then return BEHIND end
  entries = entries + 1
  add_entry(record, put(p, zone.span, numbers[q], owners), numbers[q + 1], numbers[q + 2])
  if key > 0 then keep_key(key, before) end
  return option
end

-- What an answer needs beside its number: the zone of who hears that seats are taken, the first answer of who asks again.
local function note(p, code)
  if code == TAKEN then taken[numbers[p + ZONE]] = true end
  if code ~= REPLAYED then return end
  local key = numbers[p + KEY]
  local head, place = string.match(known[key] or fresh[ids[key]], '^(%d+)%+(%d+)\n')
  replays[#replays + 1] = tonumber(head) + tonumber(place)
end

-- All changes in their order: codes, a byte each. `texts` are facts of 32 changes each; `room`: entries until the read side is too far behind.
local function decide_all(head, room, texts)
  local codes, p, before, record = {}, FIRST, digits(head) .. '+', nil
  for i = 1, numbers[3] do
    if i % RECORD == 1 then
      record = new_record(texts[#records + 1])
      records[#records + 1] = record
    end
    local code = decide(record, p, room, before)
    if code >= TAKEN then note(p, code) end
    codes[i] = code
    p = numbers[p + NEXT]
  end
  return char(unpack(codes))
end

local function answer(base, head, codes)
  local facts, shown = {}, {}
  for _, position in ipairs(replays) do
    facts[#facts + 1] = position
    facts[#facts + 1] = fact_at(base, position)
  end
  for place in pairs(taken) do
    local zone = zones[place]
    shown[#shown + 1] = place - 1
    shown[#shown + 1] = zone.seats
    shown[#shown + 1] = read_bytes(base, ':states', zone.from, zone.bytes)
    shown[#shown + 1] = read_bytes(base, ':ends', zone.first * END, zone.seats * END)
  end
  return { codes, head, shown, facts }
end

-- The same batch again: what was decided then. `last` is `<head before>\n<codes>`.
local function answer_again(base, last)
  local line, p = find(last, '\n', 1, true), FIRST
  local codes = sub(last, line + 1)
  for i = 1, numbers[3] do
    note(p, byte(codes, i))
    p = numbers[p + NEXT]
  end
  return answer(base, tonumber(sub(last, 1, line - 1)), codes)
end

local function set_fields(key, fields)
  for first = 1, #fields, AT_ONCE do redis.call('HSET', key, unpack(fields, first, math.min(first + AT_ONCE - 1, #fields))) end
end

local function write(base, shard, old)
  append(base, shard.head, records)
  for i = 1, #names do
    local span = zones[i] and zones[i].span
    if span and span.count > 0 then
      write_span(span)
      -- Zones may share it.
      span.count = 0
    end
  end
  -- A field a seat takes 60 bytes of memory, where one text of all owners took 7 a seat; but that was a call a seat, 1.6 us more than a field.
  set_fields(base .. ':owners', owned)
  set_fields(base .. ':keys:' .. digits(shard.day), keys)
  redis.call('HSET', base, 'head', digits(shard.head + entries))
  if old then
    redis.call('HSET', base, 'day', shard.day, 'today', digits(shard.today), 'yesterday', digits(shard.yesterday))
    for _, day in ipairs(old) do redis.call('UNLINK', base .. ':keys:' .. digits(day)) end
  end
end

-- client, number of the batch, whether it was sent before, the highest position the client has seen, most entries behind, the newest
-- moment of the batch, and the batch: format of the words, numbers, words, owners, facts of 32 changes each
local function commit(base, args)
  local client, number, again, seen = args[2], args[3], args[4] == '1', tonumber(args[5])
  local shard = meta(base)
  if shard.head < seen or not is_whole(base, shard.head) then return 'lost' end
  if shard.is_restoring then return 'restoring' end
  read_batch(args[8], args[9], args[10], args[11])
  local old = turn_day(shard, floor(tonumber(args[7]) / DAY))
  local last = remember(base, shard.day, client)
  zones = load_zones(base, names)
  if last then
    local line = find(last, '\n', 1, true)
    local before = tonumber(sub(last, 1, line - 1))
    if before == tonumber(number) then return answer_again(base, sub(last, line + 1)) end
    if before > tonumber(number) then return 'late' end
  end
  local codes = decide_all(shard.head, tonumber(args[6]) - shard.head + shard.trimmed, { unpack(args, 12) })
  -- Refusals alone need not be remembered, unless another copy of the batch may still be on its way.
  if entries > 0 or again then
    keys[#keys + 1] = 'b' .. client
    keys[#keys + 1] = number .. '\n' .. digits(shard.head) .. '\n' .. codes
    write(base, shard, old)
  end
  return answer(base, shard.head, codes)
end

-- ---------------------------------------------------------------- putting entries back

-- A shard that has entries is in use, unless they are of an attempt that broke off.
local function begin(base)
  local shard = meta(base)
  if shard.head > 0 and not shard.is_restoring then return 'in-use' end
  redis.call('HSET', base, 'restoring', '1')
  return 'ok'
end

-- Takes the one option of the change at `p`, whatever its seats are. Returns a fault where the zone or a seat is not there; nothing is written yet.
local function put_back(record, p, before)
  local q, zone = p + OPTION, zones[numbers[p + ZONE]]
  if not zone then return 'closed' end
  for i = 1, numbers[q] do
    local seat = numbers[q + 2 + i]
    local state = seat < zone.seats and state_of(zone.span, zone.first + seat) or NONE
    if state == NONE then return 'closed' end
    wanted[i], were[i] = zone.first + seat, state
  end
  entries = entries + 1
  add_entry(record, put(p, zone.span, numbers[q], numbers[p + OWNERS]), numbers[q + 1], numbers[q + 2])
  if numbers[p + KEY] > 0 then keep_key(numbers[p + KEY], before) end
end

-- All changes of the batch but the first `known_entries`, which are here already: the last of these has the fact of the entry there, unless that is gone.
local function put_all_back(shard, known_entries, there, texts)
  local record, p, before = nil, FIRST, digits(shard.head) .. '+'
  for i = 1, numbers[3] do
    if i % RECORD == 1 then
      record = new_record(texts[#records + 1])
      records[#records + 1] = record
    end
    local q = p + OPTION
    if i == known_entries and there ~= '' and there ~= sub(record.text, numbers[q + 1], numbers[q + 2] - 1) then return 'other' end
    if i > known_entries then
      if not shard.is_restoring then return 'in-use' end
      local fault = put_back(record, p, before)
      if fault then return fault end
    end
    p = numbers[p + NEXT]
  end
  return nil
end

-- first position, the newest moment of the batch, and the batch. What is here already is left as it is.
local function restore(base, args)
  local first = tonumber(args[2])
  local shard = meta(base)
  read_batch(args[4], args[5], args[6], args[7])
  local known_entries = math.min(shard.head + 1 - first, numbers[3])
  if known_entries < 0 then return 'gap' end
  zones = load_zones(base, names)
  local there = known_entries > 0 and fact_at(base, first + known_entries - 1) or ''
  local fault = put_all_back(shard, known_entries, there, { unpack(args, 8) })
  if fault then return fault end
  if entries > 0 then write(base, shard, turn_day(shard, floor(tonumber(args[3]) / DAY))) end
  return 'ok'
end

local function finish(base)
  redis.call('HDEL', base, 'restoring')
  return 'ok'
end

-- ---------------------------------------------------------------- everything else

-- The next zone begins where the states end. Were they lost, zones of before would look free.
local function next_byte(base)
  local bytes = redis.call('STRLEN', base .. ':states')
  if bytes == 0 and redis.call('EXISTS', base .. ':zones') == 1 then return nil end
  return bytes
end

-- the highest position the client has seen, then zone, seats and states of each
local function open(base, args)
  if meta(base).head < tonumber(args[2]) then return 'lost' end
  local at = next_byte(base)
  if not at then return 'lost' end
  for i = 3, #args, 3 do
    if redis.call('HEXISTS', base .. ':zones', args[i]) == 0 then
      local zone = place_of_zone(pack_struct('>I4I4', tonumber(args[i + 1]), at * 4))
      redis.call('SETRANGE', base .. ':states', digits(at), args[i + 2] .. rep('\0', zone.bytes - #args[i + 2]))
      at = at + zone.bytes
      redis.call('HSET', base .. ':zones', args[i], pack_struct('>I4I4', zone.seats, zone.first))
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
  local zone = load_zones(base, { args[2] })[1]
  if not zone then return false end
  return { zone.seats, zone.span.text, read_bytes(base, ':ends', zone.first * END, zone.seats * END) }
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
