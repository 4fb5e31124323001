// page.js - the page on which recommendations are read: a person, what they took, what they are recommended and why.
"use strict";

const $ = (id) => document.getElementById(id);

function say(text) {
  $("status").textContent = text;
}

const sayError = (error) => say(error instanceof TypeError ? "The server does not answer. Is it running?" : sentence(error.message));

// ---- the API ----

let token = sessionStorage.getItem("token");

// The cookie is for the report alone: a link to it sends no header.
function keepToken(said) {
  token = said;
  sessionStorage.setItem("token", said);
  document.cookie = `token=${encodeURIComponent(said)}; path=/report; samesite=strict`;
}

if (token) keepToken(token);

async function ask(path, body, signal) {
  const headers = {};
  if (token) headers.Authorization = "Bearer " + token;
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, {
    method: body ? "POST" : "GET", headers, signal, body: body && JSON.stringify(body),
  });
  const said = answer.status === 401 && prompt("This server asks for a token");
  if (said) {
    keepToken(said);
    return ask(path, body, signal);
  }
  if (answer.ok) return answer;
  const refusal = await answer.json().catch(() => null);
  throw new Error(refusal ? refusal.error.message : "The server answered " + answer.status);
}

const askJson = async (path, body, signal) => (await ask(path, body, signal)).json();

// ---- who is looked at: somebody of the data, or a history that was clicked together ----

// {user, profile, history: [{item, title, date}], isEdited, before: Map of item to rank, of the history as it was}
let person = null;

// What the server can: {model, users, items, writes, report, systems, explained}
let about = null;

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
    options = []; // Enter takes none of those found before
    const found = await find(input.value.trim()).catch((error) => (sayError(error), []));
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
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && list.hidden) look();
    else if (event.key === "ArrowDown") mark(at + 1);
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

// People, and below them items.
const findAll = async (query) => {
  const [users, items] = await Promise.all([findUsers(query), query ? findItems(query) : []]);
  return [...users, ...items];
};

// ---- the person ----

const drawFields = (fields) => fields.length ? h("dl", {class: "fields"}, fields.map((field) =>
  h("div", {}, h("dt", {}, field.name.replaceAll("_", " ")), h("dd", {}, field.value)))) : null;

function drawProfile() {
  const name = h("h1", {}, person.user ? `Person ${person.user} ` : "Somebody new",
    person.isEdited && person.user ? h("span", {class: "count"}, "history changed") : null);
  const what = "Somebody who is not in the data: say what they took, and see what is recommended. Nothing is kept.";
  return h("section", {class: "who"}, name, person.user ? drawFields(person.profile) : h("p", {class: "soft"}, what));
}

// Recommends anew; the eye and the keyboard stay where they are.
async function changeHistory(history, focused) {
  person = {...person, history, isEdited: true};
  await showPerson();
  (document.querySelector(focused) || $("add")).focus();
}

const isDated = () => person.history.some((one) => one.date);

// The date stands where a day begins, as the eye goes down: from the latest. Without dates, places do.
function whenOf(one, i) {
  if (!isDated()) return String(i + 1);
  const above = person.history[i + 1];
  return above && above.date === one.date ? "" : one.date;
}

function historyRow(one, i) {
  const leaveOut = () => changeHistory(person.history.filter((_, k) => k !== i), `[data-place="${i - 1}"]`).catch(sayError);
  return h("li", {"data-item": one.item},
    h("span", {class: "when"}, whenOf(one, i)), h("span", {class: "name"}, one.title),
    h("button", {class: "quiet", "data-place": i, title: "Leave out", "aria-label": "Leave out " + one.title, onclick: leaveOut}, "×"));
}

// Shows where in the history an item stands.
function showTaken(item) {
  const row = document.querySelector(`.timeline [data-item="${CSS.escape(item)}"]`);
  if (!row) return;
  document.querySelectorAll(".timeline .shown").forEach((other) => other.classList.remove("shown"));
  row.closest("details")?.setAttribute("open", "");
  row.classList.add("shown");
  row.scrollIntoView({block: "center"});
  row.querySelector("button").focus({preventScroll: true});
}

// The first few that are short: a description is not.
const briefly = (fields) => fields.filter((field) => field.value.length <= 60).slice(0, 4).map((field) => field.value).join(" · ");

const drawFound = (item) => [item.title, " ", h("span", {class: "soft brief"}, briefly(item.features))];

function itemFinder(label, id, chosen) {
  const input = h("input", {
    id, type: "search", role: "combobox", autocomplete: "off", spellcheck: "false", placeholder: "Type a title",
    "aria-expanded": "false", "aria-controls": id + "-found", "aria-autocomplete": "list",
  });
  const list = h("ul", {id: id + "-found", class: "found", role: "listbox", "aria-label": "Items found", hidden: true});
  suggest(input, list, findItems, drawFound, chosen);
  return h("div", {class: "find"}, h("label", {for: id}, label), input, list);
}

// A whole history at once: a title or an id a line. Lines that nothing is called stay, to be mended.
async function addLines() {
  const names = $("lines").value.split("\n").map((line) => line.trim()).filter(Boolean);
  const {items} = await askJson("/v1/items", {names});
  const found = items.filter(Boolean), unknown = names.filter((_, i) => !items[i]);
  if (found.length) await changeHistory([...person.history, ...found], "#add");
  if (!unknown.length) return;
  $("paste").open = true;
  $("lines").value = unknown.join("\n");
  $("unknown").textContent = `Nothing is called like ${unknown.length > 1 ? `these ${unknown.length} lines` : "this line"}:`;
  $("lines").focus();
}

function drawPaste() {
  return h("details", {id: "paste", open: !person.history.length},
    h("summary", {}, "Paste a list"),
    h("p", {id: "unknown", role: "status"}),
    h("label", {for: "lines"}, "A title or an id a line, the latest last"),
    h("textarea", {id: "lines", rows: 6}),
    h("button", {id: "add-lines", onclick: () => addLines().catch(sayError)}, "Add these"));
}

function drawHistory() {
  const rows = person.history.map(historyRow).reverse();
  const earlier = rows.splice(10);
  return h("section", {class: "card history", "aria-labelledby": "history-title"},
    h("h2", {id: "history-title"}, "History ", h("span", {class: "count"},
      person.history.length ? `${person.history.length}, the latest first` : "nothing yet")),
    person.isEdited && person.user
      ? h("p", {}, h("button", {id: "undo", onclick: () => openUser(person.user).catch(sayError)}, "Undo the changes")) : null,
    itemFinder("Add what they took last", "add", (item) => changeHistory([...person.history, item], "#add").catch(sayError)),
    h("div", {class: isDated() ? "timeline dated" : "timeline"}, h("ol", {}, rows),
      earlier.length ? h("details", {}, h("summary", {}, earlier.length + " earlier"), h("ol", {}, earlier)) : null),
    drawPaste());
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

let decimals = 2; // more where scores are small: showPerson

const number = (value) => value.toLocaleString("en", {maximumFractionDigits: decimals, minimumFractionDigits: decimals});

// Of these a bar is more than the fall of the score (docs/recommenders.md, "Evidence"); of the others, a term of its sum.
const COUNTS_ALONE = ["bpr", "sasrec", "gru4rec"];

// What the score would be without it; and, where the fall is not what the bar says, why.
function describeFall(model, score, evidence, {whole, rest}) {
  const fall = number(Math.abs(whole - rest)), bar = number(evidence.contribution), isHigher = rest > whole;
  const listed = number(score) === number(whole) ? ""
    : ` Both are by the history alone; the score in the list, ${number(score)}, also knows what was learnt of this person before.`;
  const differs = !isHigher && fall === bar ? ""
    : COUNTS_ALONE.includes(model)
      ? ` Its bar, ${bar}, also counts whether it would bring more or less alone than the others, as items can stand in for each other.`
      : ` Its bar, ${bar}, is its part of the score as it stands; without it the other parts change too.`;
  return ["Without “", h("bdi", {}, evidence.title), `” the score would be ${number(rest)} instead of ${number(whole)}: `
    + `${fall} ${isHigher ? "more" : "less"}.` + differs + listed];
}

async function tellWithout(item, evidence, out) {
  const answer = await askJson("/v1/evidence", {...whom(), item: item.item, without: [evidence.item]});
  out.replaceChildren(...describeFall(about.model, item.score, evidence, answer.without));
}

function drawEvidence(item) {
  if (!item.evidence.length) return h("p", {class: "soft"}, "Nothing in the history carries it.");
  const largest = item.evidence[0].contribution;
  const out = h("p", {class: "without", role: "status"});
  return h("div", {},
    h("ul", {class: "evidence"}, item.evidence.slice(0, 8).map((one) => h("li", {},
      h("button", {class: "row", onclick: () => tellWithout(item, one, out).catch(sayError)},
        h("span", {class: "name"}, one.title), bar(one.contribution / largest),
        h("span", {class: "figure"}, number(one.contribution)))))),
    h("p", {class: "hint"}, "The longer the bar, the more of the score it carried. Touch one to see the score without it."), out);
}

// ---- explanations ----

// A title that shows at a touch where it stands in the history.
const linkTo = (item, text) => h("a", {
  class: "cited", href: "#history-title", title: "Show in the history",
  onclick: (event) => (event.preventDefault(), showTaken(item)),
}, text);

function drawText(explanation) {
  return h("p", {class: "reason"}, explanation.spans.map((span) =>
    span.kind === "cited" ? linkTo(span.item, span.text)
    : span.kind === "item" ? h("mark", {class: "item"}, span.text) : span.text));
}

// A fact, the titles it rests on linked: they stand in it in quotes.
function drawFact(fact) {
  const parts = fact.split(/("[^"]+")/);
  return h("li", {}, parts.map((part) => {
    const taken = person.history.find((one) => `"${one.title}"` === part);
    return taken ? ['"', linkTo(taken.item, taken.title), '"'] : part;
  }));
}

// What each check of the gate has against a text (docs/gate.md).
const BLAME = {
  title: "a title that was not given",
  item_as_history: "speaks of the item as already known to them",
  genre: "a genre that was not given, or is another item's",
  year: "a year that was not given, or is another item's",
  name: "a name that was not given",
  claim: "praise, prizes or makers, of which nothing is known",
  dislike: "says what they did not like",
  evidence: "names nothing of what carried the item",
  item: "does not speak of the item",
  profile: "speaks of who they are",
  length: "too long",
  address: "does not speak to the person",
  refusal: "an excuse in place of a reason",
  echo: "repeats what it was told",
  repetition: "repeats itself",
  unfinished: "breaks off",
  number: "a number that no fact holds",
  people: "says of other people what no fact says",
  relation: "joins items by what they do not share",
  preamble: "words around the reason",
  markup: "marks that are no text",
  word: "a word that nothing given bears out",
  fact: "tells less than the facts would",
};

const drawFacts = (facts) => h("ul", {class: "facts"}, facts.map(drawFact));

const checksOf = (failed) => [...new Set(failed.map((one) => BLAME[one.check] || one.check))].join("; ");

// Marks the words that are to blame.
function markWrong(text, failed) {
  const spans = failed.map((one) => one.span).filter((span) => span && span !== text).sort((a, b) => b.length - a.length);
  const blamed = spans.find((span) => text.includes(span));
  if (!blamed) return text;
  const at = text.indexOf(blamed), end = at + blamed.length;
  return [markWrong(text.slice(0, at), failed), h("mark", {class: "wrong"}, blamed), markWrong(text.slice(end), failed)];
}

function drawRejected(rejected) {
  return h("li", {}, markWrong(rejected.text, rejected.failed), h("span", {class: "checks"}, checksOf(rejected.failed)));
}

function drawExplanation(explanation) {
  const isRejected = explanation.outcome === "rejected", tries = explanation.rejected.length;
  return h("article", {class: "explanation"},
    about.systems.length > 1 && explanation.system ? h("h3", {}, explanation.system) : null,
    isRejected ? h("p", {class: "reason"}, markWrong(explanation.text, explanation.failed)) : drawText(explanation),
    isRejected ? h("p", {class: "gate"}, "Rejected by the gate, which holds every text to the facts: " + checksOf(explanation.failed)) : null,
    explanation.outcome === "plain" ? h("p", {class: "gate"}, "A plain sentence: no text that the model wrote passed the gate, which holds every text to the facts.") : null,
    tries ? h("details", {open: true}, h("summary", {}, tries > 1 ? `${tries} texts that the gate rejected` : "A text that the gate rejected"),
      h("ul", {class: "rejected"}, explanation.rejected.map(drawRejected))) : null,
    explanation.facts.length ? h("details", {}, h("summary", {}, "What it rests on"), drawFacts(explanation.facts)) : null);
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
  button.hidden = true;
  stopButton.focus({preventScroll: true});
  // The same is written at each time, so nobody need ask again.
  const showWritten = (explanation) => {
    const isWaiting = document.activeElement === stopButton;
    out.replaceChildren(explanation);
    explanation.tabIndex = -1;
    if (isWaiting) explanation.focus({preventScroll: true});
  };
  const hear = (name, data) => {
    if (name === "text") text.append(data.text);
    else if (name === "given_up") text.textContent = "";
    else if (name === "explanation") showWritten(drawExplanation(data));
    else if (name === "error") throw new Error(data.message);
  };
  try {
    await readEvents(await ask("/v1/explanations", {...whom(), item: item.item, stream: true}, stop.signal), hear);
    if (out.contains(stopButton)) throw new Error("The server broke off.");
    return;
  } catch (error) {
    out.replaceChildren(h("p", {class: "soft"}, error.name === "AbortError" ? "Stopped." : sentence(error.message)));
  }
  button.textContent = "Explain again";
  button.hidden = false;
  if (document.activeElement === document.body) button.focus({preventScroll: true});
}

async function fillExplanations(item, out) {
  const features = h("p", {class: "soft features"}), before = h("div", {class: "systems"}), now = h("div", {});
  const button = h("button", {class: "main", onclick: () => explainNow(item, now, button)}, "Explain now");
  out.replaceChildren(features, before, now, about.writes ? button : "");
  features.textContent = briefly((await askJson("/v1/items/" + encodeURIComponent(item.item))).features);
  if (!about.systems.length || !person.user || person.isEdited) return;
  const {explanations} = await askJson("/v1/explanations?" + new URLSearchParams({user: person.user, item: item.item}));
  before.append(...explanations.map(drawExplanation));
}

// ---- recommendations ----

// How far it has moved since the history was changed.
function drawMove(item) {
  if (!person.isEdited || !person.before) return null;
  const before = person.before.get(item.item), up = before - item.rank;
  const [kind, text, said] = !before ? ["up", "new", "new"] : up > 0 ? ["up", "↑" + up, "up " + up]
    : up < 0 ? ["down", "↓" + -up, "down " + -up] : ["", "", ""];
  return text ? h("span", {class: "move " + kind, "aria-label": said, role: "img"}, text) : null;
}

function drawItem(item, isOpen) {
  const out = h("div", {class: "reasons"});
  const details = h("details", {class: "card item", open: isOpen},
    h("summary", {},
      h("span", {class: "rank"}, String(item.rank)), h("span", {class: "title"}, item.title), drawMove(item),
      h("span", {class: "figure"}, number(item.score))),
    out, item.facts?.length ? [h("h3", {}, "What is true of it"), drawFacts(item.facts)] : null,
    h("h3", {}, "What in the history carried it"), drawEvidence(item));
  const fill = () => details.open && !out.firstChild && fillExplanations(item, out).catch(sayError);
  details.addEventListener("toggle", fill);
  fill();
  return details;
}

async function whyNot(item, out) {
  const found = await askJson("/v1/evidence", {...whom(), item: item.item});
  const why = !found.is_ranked ? "It is not recommended: they have it, or another edition of it."
    : found.rank <= 10 ? `It is recommended, at rank ${found.rank}.`
    : `Rank ${found.rank.toLocaleString("en")} of the ${found.ranked.toLocaleString("en")} that may be recommended: `
      + `its score is ${number(found.missing)} too low for the first ten.`;
  out.replaceChildren(h("p", {class: "why"}, why), drawItem(found, true));
}

function drawRecommendations(items) {
  const out = h("div", {role: "status"});
  return h("section", {"aria-labelledby": "recommended-title"},
    h("h2", {id: "recommended-title"}, "Recommended ", h("span", {class: "count"}, "scored by " + about.model)),
    items.map((item, i) => drawItem(item, i === 0)),
    h("h2", {}, "Why not …?"),
    h("div", {class: "card"}, itemFinder("An item that you miss above", "why", (item) => whyNot(item, out).catch(sayError)), out));
}

const recommend = () => person.user && !person.isEdited
  ? askJson("/v1/recommendations?user=" + encodeURIComponent(person.user)) : askJson("/v1/recommendations", whom());

async function showPerson() {
  const shown = person;
  const {recommendations} = person.history.length ? await recommend() : {recommendations: null};
  if (shown !== person) return;
  decimals = recommendations?.length && recommendations[0].score < 1 ? 4 : 2;
  if (recommendations && !person.isEdited) person.before = new Map(recommendations.map((one) => [one.item, one.rank]));
  const list = recommendations ? drawRecommendations(recommendations)
    : h("p", {class: "empty"}, "Add something that was taken, and see what is recommended.");
  $("main").className = person.user ? "known" : "new";
  $("main").replaceChildren(...(person.user ? [h("div", {}, drawProfile(), list), drawHistory()]
    : [drawProfile(), drawHistory(), list]));
  say("");
}

// ---- places ----

async function openUser(user) {
  person = await askJson("/v1/users/" + encodeURIComponent(user));
  document.title = "Person " + user + " – llmxrec";
  await showPerson();
}

async function openItem(item) {
  const {title, features} = await askJson("/v1/items/" + encodeURIComponent(item));
  document.title = title + " – llmxrec";
  $("main").className = "";
  $("main").replaceChildren(h("section", {}, h("h1", {}, title), drawFields(features), h("p", {}, h("a", {href: "#try/" + encodeURIComponent(item)}, "What is recommended to somebody who took it?"))),
    h("p", {class: "soft"}, "Where it stands for one of the people, and why, their own page says: search for them above, then ask “Why not …?” below their list."));
  say("");
}

// Begins with one item, or with none.
async function openTry(item) {
  const history = item ? (await askJson("/v1/items", {names: [item]})).items.filter(Boolean) : [];
  person = {user: null, profile: [], history, isEdited: true};
  document.title = "Try a history – llmxrec";
  await showPerson();
  $("add").focus({preventScroll: true});
}

const shortly = (one) => one.profile.slice(0, 3).map((field) => field.value).join(", ");

const drawPeople = (users) => h("ul", {class: "people"}, users.map((one) =>
  h("li", {}, h("a", {href: "#person/" + encodeURIComponent(one.user)},
    h("strong", {}, one.user), " ", h("span", {class: "soft"}, shortly(one))))));

async function welcome() {
  const {users} = await askJson("/v1/users?limit=24");
  document.title = "llmxrec";
  $("main").className = "";
  $("main").replaceChildren(h("div", {class: "welcome"},
    h("h1", {}, "What is recommended, and why"),
    h("p", {}, `${about.users.toLocaleString("en")} people, ${about.items.toLocaleString("en")} items. `
      + "Search above, begin with one of these people, or ", h("a", {href: "#try"}, "try a history of your own"), "."),
    about.explained.length ? [h("h2", {}, "With reasons already written"), drawPeople(about.explained), h("h2", {}, "Others")] : null,
    drawPeople(users.filter((one) => !about.explained.some((other) => other.user === one.user)))));
  say("");
}

async function go() {
  const [place, name] = location.hash.slice(1).split("/");
  if (place === "main") return;
  say("Loading …");
  try {
    about = about || await askJson("/v1/about");
    $("report").hidden = !about.report;
    if (place === "person" && name) await openUser(decodeURIComponent(name));
    else if (place === "item" && name) await openItem(decodeURIComponent(name));
    else if (place === "try") await openTry(name && decodeURIComponent(name));
    else await welcome();
  } catch (error) {
    sayError(error);
    $("main").className = "";
    $("main").replaceChildren(h("p", {class: "empty"}, "Nothing to show here. ", h("a", {href: "#"}, "Begin anew"), "."));
  }
}

suggest($("find"), $("found"), findAll,
  (one) => one.user ? [h("strong", {}, one.user), " ", h("span", {class: "soft"}, shortly(one))] : drawFound(one),
  (one) => (location.hash = one.user ? "#person/" + encodeURIComponent(one.user) : "#item/" + encodeURIComponent(one.item)));
document.querySelector(".top form").addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", go);
go();
