-- mixed.lua - for wrk: what people and programs ask in turn: kept lists, lists by a pasted history, evidence, searches, and what
-- is refused. (Chat without a model, a history of nothing, an item that is not there.)
local n, json = 0, {["Content-Type"] = "application/json"}

local function ask(path, body)
    return wrk.format(body and "POST" or "GET", path, body and json, body)
end

function request()
    n = n + 1
    local user, kind = n % 943 + 1, n % 20
    if kind == 1 then
        return ask("/v1/recommendations", '{"history":["' .. n % 900 + 1 .. '","50"]}')
    elseif n % 200 == 2 then
        return ask("/v1/evidence?user=" .. user .. "&item=50")
    elseif kind < 6 then
        return ask("/v1/users?query=" .. n % 99)
    elseif kind < 8 then
        return ask("/v1/items?query=the+" .. string.char(97 + n % 26))
    elseif kind == 8 then
        return ask("/v1/chat/completions", '{"messages":[]}')
    elseif kind == 9 then
        return ask("/v1/recommendations", '{"history":[]}')
    elseif kind == 10 then
        return ask("/v1/explanations?user=" .. user .. "&item=none")
    end
    return ask("/v1/recommendations?user=" .. user)
end
