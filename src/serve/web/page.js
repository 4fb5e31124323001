// page.js - the page on which recommendations are read: a person, what they took, what they are recommended and why.
"use strict";

const $ = (id) => document.getElementById(id);

function say(text) {
  $("status").textContent = text;
}

// ---- the API ----

let token = sessionStorage.getItem("token");

async function ask(path, body, signal) {
  const headers = {};
  if (token) headers.Authorization = "Bearer " + token;
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, {
    method: body ? "POST" : "GET", headers, signal, body: body && JSON.stringify(body),
  });
  if (answer.status === 401 && (token = prompt("This server asks for a token"))) {
    sessionStorage.setItem("token", token);
    return ask(path, body, signal);
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => null);
  throw new Error(said ? said.error.message : "The server answered " + answer.status);
}

const askJson = async (path, body, signal) => (await ask(path, body, signal)).json();

// ---- who is looked at: somebody of the data, or a history that was clicked together ----

// {user, profile, history: [{item, title}], isEdited}
let person = null;

const whom = () => person.user && !person.isEdited
  ? {user: person.user} : {history: person.history.map((one) => one.item)};

// ---- searching as you type ----

// Gives `input` a list of what `find` finds; `chosen` is told of the one that is taken.
function suggest(input, list, find, draw, chosen) {
  let options = [], at = -1, asked = 0;

  function close() {
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(next) {
    if (!options.length) return;
    at = (next + options.length) % options.length;
    [...list.children].forEach((row, i) => row.setAttribute("aria-selected", i === at));
    input.setAttribute("aria-activedescendant", list.children[at].id);
    list.children[at].scrollIntoView({block: "nearest"});
  }

  function take(option) {
    input.value = "";
    close();
    chosen(option);
  }

  async function look() {
    const mine = ++asked;
    const found = await find(input.value.trim()).catch((error) => (say(error.message), []));
    if (mine !== asked || document.activeElement !== input) return;
    options = found;
    at = -1;
    list.replaceChildren(...options.map((option, i) => h("li", {
      role: "option", id: list.id + i, "aria-selected": "false",
      onmousedown: (event) => (event.preventDefault(), take(option)),
    }, draw(option))));
    if (!options.length) list.replaceChildren(h("li", {class: "none"}, "Nothing found"));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }

  input.addEventListener("input", look);
  input.addEventListener("focus", look);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") mark(at + 1);
    else if (event.key === "ArrowUp") mark(at - 1);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && options.length && !list.hidden) take(options[Math.max(at, 0)]);
    else return;
    event.preventDefault();
  });
}

const findItems = async (query) =>
  (await askJson("/v1/items?limit=12&query=" + encodeURIComponent(query))).items;
const findUsers = async (query) =>
  (await askJson("/v1/users?limit=12&query=" + encodeURIComponent(query))).users;

// ---- the person ----

function profile() {
  return h("dl", {class: "fields"}, (person.profile || []).map((field) =>
    [h("dt", {}, field.name.replaceAll("_", " ")), h("dd", {}, field.value)]));
}

function changeHistory(history) {
  person.history = history;
  person.isEdited = true;
  showPerson();
}

function historyRow(one, i) {
  return h("li", {},
    h("span", {}, one.title),
    h("button", {
      class: "quiet", title: "Leave out", "aria-label": "Leave out " + one.title,
      onclick: () => changeHistory(person.history.filter((_, k) => k !== i)),
    }, "×"));
}

function itemFinder(label, id, chosen) {
  const input = h("input", {
    id, type: "search", role: "combobox", autocomplete: "off", spellcheck: "false", placeholder: "Type a title",
    "aria-expanded": "false", "aria-controls": id + "-found", "aria-autocomplete": "list",
  });
  const list = h("ul", {id: id + "-found", class: "found", role: "listbox", "aria-label": "Items found", hidden: true});
  suggest(input, list, findItems, (item) => item.title, chosen);
  return h("div", {class: "find"}, h("label", {for: id}, label), input, list);
}

function drawHistory() {
  const rows = person.history.map(historyRow).reverse();
  const more = rows.splice(10);
  return h("section", {class: "card", "aria-labelledby": "history-title"},
    h("h2", {id: "history-title"}, "History ", h("span", {class: "count"}, String(person.history.length))),
    itemFinder("Add what they took last", "add", (item) => changeHistory([...person.history, item])),
    person.isEdited && person.user
      ? h("p", {}, h("button", {onclick: () => openUser(person.user)}, "Undo the changes")) : null,
    h("ol", {class: "timeline", reversed: true}, rows),
    more.length ? h("details", {}, h("summary", {}, more.length + " earlier"),
      h("ol", {class: "timeline", reversed: true}, more)) : null);
}

// ---- evidence ----

function bar(share) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg"), rect = document.createElementNS(space, "rect");
  const set = (element, attributes) => {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  };
  set(svg, {class: "bar", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true"});
  set(rect, {width: Math.max(1, 100 * share), height: 8});
  svg.append(rect);
  return svg;
}

const number = (value) => value.toLocaleString("en", {maximumFractionDigits: 2, minimumFractionDigits: 2});

async function tellWithout(item, evidence, out) {
  const answer = await askJson("/v1/evidence", {...whom(), item: item.item, without: [evidence.item]});
  const {whole, rest} = answer.without;
  out.textContent = `Without “${evidence.title}” the score would be ${number(rest)} instead of ${number(whole)}.`;
}

function drawEvidence(item) {
  if (!item.evidence.length) return h("p", {class: "soft"}, "Nothing in the history carries it.");
  const largest = item.evidence[0].contribution;
  const out = h("p", {class: "soft", "aria-live": "polite"});
  return h("div", {},
    h("ul", {class: "evidence"}, item.evidence.slice(0, 8).map((one) => h("li", {},
      h("button", {class: "row", onclick: () => tellWithout(item, one, out).catch((e) => say(e.message))},
        h("span", {class: "name"}, one.title), bar(one.contribution / largest),
        h("span", {class: "figure"}, number(one.contribution)))))),
    h("p", {class: "hint"}, "Touch one to see the score without it."), out);
}

// ---- explanations ----

function drawText(explanation) {
  return h("p", {class: "reason"}, explanation.spans.map((span) =>
    span.kind === "plain" ? span.text : h("mark", {class: span.kind}, span.text)));
}

// Marks the part of a rejected text that is to blame.
function drawRejected(rejected) {
  const blamed = rejected.failed.find((one) => one.span && rejected.text.includes(one.span));
  const at = blamed ? rejected.text.indexOf(blamed.span) : -1;
  return h("li", {},
    at < 0 ? rejected.text : [rejected.text.slice(0, at), h("mark", {class: "wrong"}, blamed.span),
      rejected.text.slice(at + blamed.span.length)],
    h("span", {class: "checks"}, rejected.failed.map((one) => one.check).join(", ")));
}

function drawExplanation(explanation) {
  const outcome = {passed: "", plain: "A plain sentence: no text passed the gate.",
    rejected: "The gate rejects this text: " + explanation.failed.map((one) => one.check).join(", "), unchecked: ""};
  return h("article", {class: "explanation"},
    explanation.system ? h("h4", {}, explanation.system) : null,
    drawText(explanation),
    outcome[explanation.outcome] ? h("p", {class: "soft"}, outcome[explanation.outcome]) : null,
    explanation.facts.length ? h("details", {}, h("summary", {}, "What it rests on"),
      h("ul", {}, explanation.facts.map((fact) => h("li", {}, fact)))) : null,
    explanation.rejected.length ? h("details", {}, h("summary", {}, "What the gate rejected on the way"),
      h("ul", {class: "rejected"}, explanation.rejected.map(drawRejected))) : null);
}

// Reads server-sent events from an answer; `hear` is told of each.
async function readEvents(answer, hear) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ;) {
    const {done, value} = await reader.read();
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const [, name, data] = event.match(/^event: (.*)\ndata: (.*)$/s) || [];
      if (name) hear(name, JSON.parse(data));
    }
  }
}

async function explainNow(item, out, button) {
  const stop = new AbortController(), text = h("p", {class: "reason writing"});
  const stopButton = h("button", {onclick: () => stop.abort()}, "Stop");
  out.replaceChildren(text, stopButton);
  button.disabled = true;
  const hear = (name, data) => {
    if (name === "text") text.append(data.text);
    else if (name === "given_up") text.textContent = "";
    else if (name === "explanation") out.replaceChildren(drawExplanation(data));
    else if (name === "error") throw new Error(data.message);
  };
  try {
    await readEvents(await ask("/v1/explanations", {...whom(), item: item.item, stream: true}, stop.signal), hear);
  } catch (error) {
    out.replaceChildren(h("p", {class: "soft"}, error.name === "AbortError" ? "Stopped." : error.message));
  }
  button.disabled = false;
}

async function fillExplanations(item, out) {
  const before = h("div", {class: "systems"}), now = h("div", {});
  const button = h("button", {class: "main", onclick: () => explainNow(item, now, button)}, "Explain now");
  out.replaceChildren(before, now, button);
  if (!person.user || person.isEdited) return;
  const query = new URLSearchParams({user: person.user, item: item.item});
  const {explanations} = await askJson("/v1/explanations?" + query);
  before.append(...explanations.map(drawExplanation));
}

// ---- recommendations ----

function drawItem(item, isOpen) {
  const out = h("div", {class: "reasons"});
  const details = h("details", {class: "card item", open: isOpen},
    h("summary", {},
      h("span", {class: "rank"}, String(item.rank)), h("span", {class: "title"}, item.title),
      h("span", {class: "figure"}, number(item.score))),
    out, h("h3", {}, "What carried it"), drawEvidence(item));
  const fill = () => details.open && !out.firstChild &&
    fillExplanations(item, out).catch((error) => say(error.message));
  details.addEventListener("toggle", fill);
  fill();
  return details;
}

async function whyNot(item, out) {
  const found = await askJson("/v1/evidence", {...whom(), item: item.item});
  const why = !found.is_ranked ? "It is not recommended: they have it, or another edition of it."
    : found.rank <= 10 ? `It is recommended, at rank ${found.rank}.`
    : `Rank ${found.rank} of ${found.ranked}: the score lacks ${number(found.missing)} for the first ten.`;
  out.replaceChildren(h("p", {}, why), drawItem(found, true));
}

function drawRecommendations(items) {
  const out = h("div", {"aria-live": "polite"});
  return h("section", {"aria-labelledby": "recommended-title"},
    h("h2", {id: "recommended-title"}, "Recommended"),
    items.map((item, i) => drawItem(item, i === 0)),
    h("div", {class: "card"},
      itemFinder("Why not …?", "why", (item) => whyNot(item, out).catch((error) => say(error.message))), out));
}

async function showPerson() {
  const shown = person;
  const heading = h("h1", {}, person.user ? "Person " + person.user : "Somebody new",
    person.isEdited ? h("span", {class: "count"}, "history changed") : null);
  const right = h("div", {class: "right"}, h("p", {class: "soft"}, "Recommending …"));
  $("main").replaceChildren(h("div", {class: "left"}, heading, profile(), drawHistory()), right);
  if (!person.history.length) {
    right.replaceChildren(h("p", {class: "soft"}, "Add something that was taken, and see what is recommended."));
    return;
  }
  const {recommendations} = person.user && !person.isEdited
    ? await askJson("/v1/recommendations?user=" + encodeURIComponent(person.user))
    : await askJson("/v1/recommendations", whom());
  if (shown !== person) return;
  right.replaceChildren(drawRecommendations(recommendations));
  say("");
}

// ---- places ----

async function openUser(user) {
  person = await askJson("/v1/users/" + encodeURIComponent(user));
  await showPerson();
}

async function welcome() {
  const {users, known} = await askJson("/v1/users?limit=24");
  $("main").replaceChildren(h("div", {class: "welcome"},
    h("h1", {}, "What is recommended, and why"),
    h("p", {}, `${known.toLocaleString("en")} people. Search for one above, begin with one of these, or `,
      h("a", {href: "#try"}, "try a history of your own"), "."),
    h("ul", {class: "people"}, users.map((one) => h("li", {}, h("a", {href: "#person/" + encodeURIComponent(one.user)},
      h("strong", {}, one.user), " ", h("span", {class: "soft"}, one.profile.slice(0, 3).map((f) => f.value).join(", "))))))));
}

async function go() {
  const [place, name] = location.hash.slice(1).split("/");
  try {
    if (place === "person" && name) await openUser(decodeURIComponent(name));
    else if (place === "try") {
      person = {user: null, profile: [], history: [], isEdited: true};
      await showPerson();
      $("add").focus();
    } else if (place === "" || place === "main") await welcome();
  } catch (error) {
    say(error.message);
  }
}

suggest($("find"), $("found"), findUsers,
  (one) => one.user + "  " + one.profile.slice(0, 3).map((field) => field.value).join(", "),
  (one) => (location.hash = "#person/" + encodeURIComponent(one.user)));
document.querySelector(".top form").addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", go);
fetch("/report", {method: "HEAD"}).then((answer) => ($("report").hidden = !answer.ok));
go();
