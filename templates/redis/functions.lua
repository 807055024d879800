-- The server's time in milliseconds, and in microseconds as text for what must be unique.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000), time[1] .. string.format('%06d', time[2])
end

local function refuse(message)
  return redis.error_reply('POLITY ' .. message)
end

-- A whole number of at least `least`, or nothing.
local function whole(text, least)
  local number = tonumber(text)
  if number and number >= least and number == math.floor(number) then
    return number
  end
end

local function live(key, ttl)
  if ttl then
    redis.call('PEXPIRE', key, ttl)
  end
end

-- An element of a queue with a time to live begins with the milliseconds of the moment at which it was added, 13 digits
-- and a colon.
local function stamped(ttl, value)
  return ttl and string.format('%013.0f:', (now())) .. value or value
end

-- The value of an element, whether its time is over, and the moment at which it was added.
local function unstamped(ttl, element)
  local moment = ttl and string.match(element, '^(%d%d%d%d%d%d%d%d%d%d%d%d%d):')
  if not moment then
    return element, false
  end
  return string.sub(element, 15), moment + ttl <= (now()), moment
end

-- A value as a string; the time to live starts again with each write.
local function put(ttl)
  return function(keys, args)
    if #keys ~= 1 or #args ~= 1 then
      return refuse('takes one key and one value')
    end
    if ttl then
      return redis.call('PSETEX', keys[1], ttl, args[1])
    end
    return redis.call('SET', keys[1], args[1])
  end
end

-- A value where there is none, such as a lock: whether it was written.
local function claim(ttl)
  return function(keys, args)
    if #keys ~= 1 or #args ~= 1 then
      return refuse('takes one key and one value')
    end
    if redis.call('EXISTS', keys[1]) == 1 then
      return 0
    end
    redis.call('PSETEX', keys[1], ttl, args[1])
    return 1
  end
end

local function put_document(ttl)
  return function(keys, args)
    if #keys ~= 1 or #args ~= 1 then
      return refuse('takes one key and one document')
    end
    local reply = redis.call('JSON.SET', keys[1], '$', args[1])
    live(keys[1], ttl)
    return reply
  end
end

local function drop()
  return function(keys)
    if #keys ~= 1 then
      return refuse('takes one key')
    end
    return redis.call('UNLINK', keys[1])
  end
end

-- Any command that takes a key and groups of `group` arguments; SETBIT and the like take one group.
local function write(command, ttl, group)
  return function(keys, args)
    if #keys ~= 1 or #args == 0 or #args % group ~= 0 then
      return refuse('takes one key and arguments by ' .. group)
    end
    local reply = redis.call(command, keys[1], unpack(args))
    live(keys[1], ttl)
    return reply
  end
end

-- A sum. It lives from its first write, so that a counter of a day ends with that day and not with its last hit.
local function add(ttl)
  return function(keys, args)
    local amount = tonumber(args[1] or '1')
    if #keys ~= 1 or #args > 1 or not amount or amount ~= math.floor(amount) then
      return refuse('takes one key and a whole number')
    end
    local sum = redis.call('INCRBY', keys[1], args[1] or '1')
    if ttl then
      redis.call('PEXPIRE', keys[1], ttl, 'NX')
    end
    return sum
  end
end

local function cut(key, max, descending)
  if max and descending then
    redis.call('ZREMRANGEBYRANK', key, 0, -max - 1)
  elseif max then
    redis.call('ZREMRANGEBYRANK', key, max, -1)
  end
end

local function rank(ttl, max, descending)
  return function(keys, args)
    if #keys ~= 1 or #args ~= 2 or not tonumber(args[1]) then
      return refuse('takes one key, a score and a member')
    end
    local added = redis.call('ZADD', keys[1], args[1], args[2])
    cut(keys[1], max, descending)
    live(keys[1], ttl)
    return added
  end
end

-- By time a member ends with its own time to live, and the key with that of the last.
local function rank_by_time(ttl, max, descending)
  return function(keys, args)
    local moment = whole(args[1], 0)
    if #keys ~= 1 or #args ~= 2 or not moment or moment > 253402300799999 then
      return refuse('takes one key, milliseconds since 1970 and a member')
    end
    local added = redis.call('ZADD', keys[1], moment, args[2])
    if ttl then
      local time = now()
      redis.call('ZREMRANGEBYSCORE', keys[1], '-inf', time - ttl)
      if moment + ttl > time then
        redis.call('PEXPIRE', keys[1], moment + ttl - time, 'NX')
        redis.call('PEXPIRE', keys[1], moment + ttl - time, 'GT')
      end
    end
    cut(keys[1], max, descending)
    return added
  end
end

-- A sample; older ones than the time to live are forgotten.
local function sample(ttl)
  return function(keys, args)
    if #keys ~= 1 or #args ~= 2 then
      return refuse('takes one key, a moment and a number')
    end
    local reply
    if ttl then
      reply = redis.call('TS.ADD', keys[1], args[1], args[2], 'RETENTION', ttl)
    else
      reply = redis.call('TS.ADD', keys[1], args[1], args[2])
    end
    live(keys[1], ttl)
    return reply
  end
end

-- Limits. A sliding window keeps the moment of each hit: within any `window` there are never more than `limit`.
local function sliding_state(key, limit, window, time)
  local used = redis.call('ZCOUNT', key, '(' .. (time - window), '+inf')
  return used, limit - used
end

-- Milliseconds until `amount` more fit.
local function sliding_wait(key, limit, window, time, amount)
  local used, left = sliding_state(key, limit, window, time)
  if left >= amount then
    return 0
  end
  local gone = redis.call('ZCOUNT', key, '-inf', time - window)
  local last = redis.call('ZRANGE', key, gone + amount - left - 1, gone + amount - left - 1, 'WITHSCORES')
  return math.max(1, tonumber(last[2]) + window - time)
end

local function take_sliding(limit, window)
  return function(keys, args)
    local amount = whole(args[1] or '1', 1)
    if #keys ~= 1 or #args > 1 or not amount or amount > limit then
      return refuse('takes one key and an amount from 1 to ' .. limit)
    end
    local time, unique = now()
    redis.call('ZREMRANGEBYSCORE', keys[1], '-inf', time - window)
    local used, left = sliding_state(keys[1], limit, window, time)
    if left < amount then
      return { 0, math.max(left, 0), sliding_wait(keys[1], limit, window, time, amount) }
    end
    for i = 1, amount do
      local serial = i
      while redis.call('ZADD', keys[1], 'NX', time, unique .. '-' .. serial) == 0 do
        serial = serial + 1
      end
    end
    redis.call('PEXPIRE', keys[1], window)
    return { 1, left - amount, 0 }
  end
end

local function look_sliding(limit, window)
  return function(keys)
    if #keys ~= 1 then
      return refuse('takes one key')
    end
    local time = now()
    local used, left = sliding_state(keys[1], limit, window, time)
    return { math.max(left, 0), sliding_wait(keys[1], limit, window, time, 1) }
  end
end

-- A fixed window begins with the first hit and forgets all at its end.
local function take_fixed(limit, window)
  return function(keys, args)
    local amount = whole(args[1] or '1', 1)
    if #keys ~= 1 or #args > 1 or not amount or amount > limit then
      return refuse('takes one key and an amount from 1 to ' .. limit)
    end
    local used = tonumber(redis.call('GET', keys[1]) or '0')
    if used + amount > limit then
      return { 0, math.max(limit - used, 0), math.max(1, redis.call('PTTL', keys[1])) }
    end
    used = redis.call('INCRBY', keys[1], amount)
    redis.call('PEXPIRE', keys[1], window, 'NX')
    return { 1, limit - used, 0 }
  end
end

local function look_fixed(limit, window)
  return function(keys)
    if #keys ~= 1 then
      return refuse('takes one key')
    end
    local left = math.max(limit - tonumber(redis.call('GET', keys[1]) or '0'), 0)
    return { left, left > 0 and 0 or math.max(1, redis.call('PTTL', keys[1])) }
  end
end

-- Queues. What a worker has taken waits in `processing` under the end of its lease: a worker that dies loses nothing. An
-- element whose time is over is given to nobody.
local function push(ttl, max)
  return function(keys, args)
    if #keys ~= 1 or #args == 0 then
      return refuse('takes one queue and values')
    end
    if max and redis.call('LLEN', keys[1]) + #args > max then
      return redis.error_reply('FULL the queue holds ' .. max .. ' at most')
    end
    local elements = {}
    for i, value in ipairs(args) do
      elements[i] = stamped(ttl, value)
    end
    local length = redis.call('RPUSH', keys[1], unpack(elements))
    live(keys[1], ttl)
    return length
  end
end

local function take(ttl)
  return function(keys, args)
    local lease = whole(args[1], 1)
    if #keys ~= 2 or #args ~= 1 or not lease then
      return refuse('takes a queue, its processing and a lease in milliseconds')
    end
    local element, value, is_over
    for _ = 1, 10000 do
      element = redis.call('LPOP', keys[1])
      if not element then
        return false
      end
      value, is_over = unstamped(ttl, element)
      if not is_over then
        break
      end
    end
    if is_over then
      return false
    end
    local time, unique = now()
    local serial, receipt = 0, nil
    repeat
      serial = serial + 1
      receipt = unique .. '-' .. serial .. ':' .. element
    until redis.call('ZADD', keys[2], 'NX', time + lease, receipt) == 1
    live(keys[2], ttl)
    return { receipt, value }
  end
end

local function done()
  return function(keys, args)
    if #keys ~= 1 or #args ~= 1 then
      return refuse('takes a processing key and a receipt')
    end
    return redis.call('ZREM', keys[1], args[1])
  end
end

local function requeue(ttl)
  return function(keys)
    if #keys ~= 2 then
      return refuse('takes a queue and its processing')
    end
    local late = redis.call('ZRANGEBYSCORE', keys[2], '-inf', (now()), 'LIMIT', 0, 1000)
    local back = 0
    for i = #late, 1, -1 do
      redis.call('ZREM', keys[2], late[i])
      local element = string.sub(late[i], string.find(late[i], ':', 1, true) + 1)
      local _, is_over = unstamped(ttl, element)
      if not is_over then
        redis.call('LPUSH', keys[1], element)
        back = back + 1
      end
    end
    if back > 0 then
      live(keys[1], ttl)
    end
    return back
  end
end

-- Streams.
local function append(ttl, max)
  return function(keys, args)
    if #keys ~= 1 or #args == 0 or #args % 2 ~= 0 then
      return refuse('takes one stream and fields with values')
    end
    local id
    if max then
      id = redis.call('XADD', keys[1], 'MAXLEN', max, '*', unpack(args))
    else
      id = redis.call('XADD', keys[1], '*', unpack(args))
    end
    if ttl then
      redis.call('XTRIM', keys[1], 'MINID', now() - ttl)
    end
    live(keys[1], ttl)
    return id
  end
end

-- A group reads what was there before it, too.
local function open(ttl, ...)
  local groups = { ... }
  return function(keys)
    if #keys ~= 1 then
      return refuse('takes one stream')
    end
    local made = 0
    for _, group in ipairs(groups) do
      local reply = redis.pcall('XGROUP', 'CREATE', keys[1], group, '0', 'MKSTREAM')
      if not reply.err then
        made = made + 1
      elseif not string.find(reply.err, 'BUSYGROUP', 1, true) then
        return reply
      end
    end
    if made > 0 then
      live(keys[1], ttl)
    end
    return made
  end
end

-- Whoever acknowledges an entry moves it, so that two workers move it once.
local function bury(ttl, max)
  return function(keys, args)
    if #keys ~= 2 or #args ~= 2 then
      return refuse('takes a stream, its dead letters, a group and an entry')
    end
    local found = redis.call('XRANGE', keys[1], args[2], args[2])
    if redis.call('XACK', keys[1], args[1], args[2]) == 0 or #found == 0 then
      return 0
    end
    append(ttl, max)({ keys[2] }, { 'stream', keys[1], 'entry', args[2], unpack(found[1][2]) })
    return 1
  end
end
