-- Requests for wrk: one path again and again, or a different one each time.
--
-- Usage: wrk ... -s wrk.lua ADDRESS -- PATH [SUBJECTS START]
--   PATH      percent-encoded; {s} stands for a subject, {n} for a number, both new each time
--   SUBJECTS  file of percent-encoded subjects, one a line
--   START     the first number; two runs with starts far apart ask nothing twice
--
-- Prints one line of figures, which load.py reads. One thread of wrk only: each would count anew.

local parts, subjects, number, same = {}, {}, 0, nil

local function split(path)
   local from = 1
   for before, slot, after in path:gmatch("()(%b{})()") do
      parts[#parts + 1] = path:sub(from, before - 1)
      parts[#parts + 1] = slot
      from = after
   end
   parts[#parts + 1] = path:sub(from)
end

function init(args)
   wrk.headers["Accept"] = "application/sparql-results+json"
   if args[2] == nil then
      same = wrk.format("GET", args[1])
      return
   end
   split(args[1])
   for line in io.lines(args[2]) do subjects[#subjects + 1] = line end
   number = tonumber(args[3])
end

function request()
   if same then return same end
   local path = {}
   for place, part in ipairs(parts) do
      if part == "{s}" then part = subjects[number % #subjects + 1] end
      if part == "{n}" then part = string.format("%d", number) end
      path[place] = part
   end
   number = number + 1
   return wrk.format("GET", table.concat(path))
end

function done(summary, latency, requests)
   local errors = summary.errors
   local at = latency
   io.write(string.format(
      "FIGURES requests=%d microseconds=%d bytes=%d status=%d connect=%d read=%d write=%d" ..
      " timeout=%d mean=%.1f p50=%d p90=%d p99=%d max=%d\n",
      summary.requests, summary.duration, summary.bytes, errors.status, errors.connect,
      errors.read, errors.write, errors.timeout, at.mean, at:percentile(50), at:percentile(90),
      at:percentile(99), at.max))
end
