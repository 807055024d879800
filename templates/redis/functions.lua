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

-- Any command that takes a key and groups of `group` arguments; SETBIT, TS.ADD and the like take one group.
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

local function rank(ttl, max, descending)
  return function(keys, args)
    if #keys ~= 1 or #args ~= 2 or not tonumber(args[1]) then
      return refuse('takes one key, a score and a member')
    end
    local added = redis.call('ZADD', keys[1], args[1], args[2])
    if max then
      if descending then
        redis.call('ZREMRANGEBYRANK', keys[1], 0, -max - 1)
      else
        redis.call('ZREMRANGEBYRANK', keys[1], max, -1)
      end
    end
    live(keys[1], ttl)
    return added
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

-- Queues. What a worker has taken waits in `processing` under the end of its lease: a worker that dies loses nothing.
local function push(ttl, max)
  return function(keys, args)
    if #keys ~= 1 or #args == 0 then
      return refuse('takes one queue and values')
    end
    if max and redis.call('LLEN', keys[1]) + #args > max then
      return redis.error_reply('FULL the queue holds ' .. max .. ' at most')
    end
    local length = redis.call('RPUSH', keys[1], unpack(args))
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
    local value = redis.call('LPOP', keys[1])
    if not value then
      return false
    end
    local time, unique = now()
    local serial, receipt = 0, nil
    repeat
      serial = serial + 1
      receipt = unique .. '-' .. serial .. ':' .. value
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
    for i = #late, 1, -1 do
      redis.call('ZREM', keys[2], late[i])
      redis.call('LPUSH', keys[1], string.sub(late[i], string.find(late[i], ':', 1, true) + 1))
    end
    if #late > 0 then
      live(keys[1], ttl)
    end
    return #late
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
