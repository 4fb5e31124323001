-- load.lua - for wrk: recommendations of the 943 people of ml-100k in turn, or with HISTORY set, by pasted histories. PACE: each
-- connection rests so many milliseconds before it asks again.
local user, history, pace = 0, os.getenv("HISTORY"), tonumber(os.getenv("PACE") or 0)

if pace > 0 then
    function delay()
        return pace
    end
end

function request()
    user = user % 943 + 1
    if not history then
        return wrk.format("GET", "/v1/recommendations?user=" .. user)
    end
    local items = {}
    for i = 1, 20 do
        items[i] = '"' .. ((user * 31 + i * 17) % 900 + 1) .. '"'
    end
    return wrk.format("POST", "/v1/recommendations", {["Content-Type"] = "application/json"},
                      '{"history":[' .. table.concat(items, ",") .. "]}")
end
