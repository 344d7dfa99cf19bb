-- For wrk: sends each line of a file once, `port <tab> method <tab> path <tab> token <tab> key <tab> body`, then stops.

local lines, answered, refused = {}, 0, 0
local sent = -1  -- wrk asks for one request only to look at it

function init(arguments)
  for line in io.lines(arguments[1]) do
    local method, path, token, key, body = line:match("^%d+\t(%S+)\t(%S+)\t(%S*)\t(%S*)\t(.*)$")
    local headers = { ["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. token }
    if key ~= "" then headers["Idempotency-Key"] = key end
    lines[#lines + 1] = wrk.format(method, path, headers, body)
  end
end

function delay()
  return sent < #lines and 0 or 3600000
end

function request()
  sent = sent + 1
  return lines[math.max(sent, 1)]
end

function response(status)
  answered = answered + 1
  if status >= 300 then refused = refused + 1 end
  if answered == #lines then
    io.stderr:write(string.format("answered %d refused %d\n", answered, refused))
    wrk.thread:stop()
  end
end
