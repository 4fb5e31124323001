// study.js - a rater's way through a study: consent, a few questions about them, training, one task after the other. Everything works with keys alone.
"use strict";

const link = location.pathname.split("/").pop();
const main = document.getElementById("main");
let shownAt = 0;

function say(text) {
  document.getElementById("status").textContent = text;
}

async function ask(body) {
  const answer = await fetch("/v1/studies/" + link, body && {
    method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body),
  });
  const said = await answer.json();
  if (answer.status === 409) return ask(); // another tab was faster: what comes next?
  if (!answer.ok) throw Object.assign(new Error(said.error.message), {status: answer.status});
  return said;
}

// Sends a step and shows what comes next; while it is sent it cannot be sent again.
async function send(body, button) {
  if (button) button.disabled = true;
  try {
    show(await ask(body));
    say("");
  } catch (error) {
    say(error instanceof TypeError ? "No connection: your answers are kept here, try again." : sentence(error.message));
    if (button) button.disabled = false;
  }
}

const paragraphs = (text) => text.split(/\n+/).filter(Boolean).map((one) => h("p", {}, one));
const letter = (i) => "ABCDEFGH"[i];

// ---- the pages ----

function consent(state) {
  return [h("h1", {}, state.title), paragraphs(state.consent),
    h("button", {class: "main", onclick: (e) => send({step: "consent"}, e.target)}, "I agree, and take part")];
}

// Nobody must say who they are: what is not chosen is not sent.
function about(state) {
  const form = h("form", {}, h("h1", {}, "About you"),
    h("p", {class: "soft"}, "You may leave out what you would rather not say."),
    state.about.map((one, i) => h("p", {class: "field"}, h("label", {for: "about" + i}, one.text),
      h("select", {id: "about" + i, name: one.name}, h("option", {value: ""}, "–"),
        one.choices.map((choice) => h("option", {value: choice}, choice))))),
    h("button", {class: "main"}, "Go on"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const said = [...new FormData(form)].filter(([, choice]) => choice);
    send({step: "about", about: Object.fromEntries(said)}, form.querySelector("button.main"));
  });
  return [form, deletion()];
}

function training(state) {
  return [h("h1", {}, "How it works"), paragraphs(state.training),
    h("h2", {}, "You will be asked"), h("ul", {}, [...state.questions.map((one) => one.text), state.preference].filter(Boolean).map((text) => h("li", {}, text))),
    h("p", {class: "soft"}, `${state.of} pages. You can close this page at any time and go on later with the same link.`),
    h("button", {class: "main", onclick: (e) => send({step: "training"}, e.target)}, "Begin"), deletion()];
}

function scale(question, place) {
  const name = `${question.aspect}-${place}`;
  return h("fieldset", {class: "scale"}, h("legend", {}, question.text),
    h("div", {class: "steps"}, h("span", {class: "end"}, question.low),
      Array.from({length: question.scale}, (_, i) => h("label", {},
        h("input", {type: "radio", name, value: i + 1, required: true}), h("span", {}, String(i + 1)))),
      h("span", {class: "end"}, question.high)));
}

function reason(state, text, i) {
  return h("section", {class: "card", "aria-labelledby": "reason" + i},
    h("h2", {id: "reason" + i}, state.task.texts.length > 1 ? "Reason " + letter(i) : "The reason"),
    h("p", {class: "reason"}, text), state.questions.map((question) => scale(question, i + 1)));
}

function preference(state) {
  if (!state.preference || state.task.texts.length < 2 || state.task.is_check) return null;
  return h("section", {class: "card"}, h("fieldset", {class: "scale"}, h("legend", {}, state.preference),
    h("div", {class: "steps"}, state.task.texts.map((_, i) => h("label", {},
      h("input", {type: "radio", name: "preference", value: i + 1, required: true}), h("span", {}, letter(i)))))));
}

function comment(state) {
  if (!state.comment || state.task.is_check) return null;
  return h("p", {class: "card field"}, h("label", {for: "comment"}, state.comment),
    h("textarea", {id: "comment", name: "comment", rows: 3, maxlength: 2000, "aria-describedby": "comment-hint"}),
    h("span", {id: "comment-hint", class: "hint"}, "You may leave this empty."));
}

function context(task) {
  return h("section", {class: "card"},
    h("p", {class: "soft"}, `This person ${task.taken}, the latest first`),
    h("ul", {class: "titles"}, task.history.map((title) => h("li", {}, title))),
    h("p", {class: "soft"}, "Recommended to them"),
    h("p", {}, h("strong", {}, task.title), task.features.length ? " · " + task.features.join(" · ") : ""));
}

function answerOf(form, state) {
  const data = new FormData(form);
  const marks = state.task.texts.flatMap((_, i) => state.questions.map((question) => ({
    place: i + 1, aspect: question.aspect, value: Number(data.get(`${question.aspect}-${i + 1}`)),
  })));
  const answer = {step: "task", task: state.task.number, marks, seconds: Math.round((Date.now() - shownAt) / 1000)};
  if (data.get("preference")) answer.preference = Number(data.get("preference"));
  if (data.get("comment")) answer.comment = data.get("comment");
  return answer;
}

function task(state) {
  const form = h("form", {},
    h("progress", {max: state.of, value: state.done, "aria-label": `Page ${state.done + 1} of ${state.of}`}),
    h("h1", {}, `Page ${state.done + 1} of ${state.of}`),
    state.task.is_check
      ? h("p", {class: "card check"}, `To show that you read this, please give the mark ${state.task.asked} to every question on this page.`)
      : context(state.task),
    state.task.texts.map((text, i) => reason(state, text, i)), preference(state), comment(state),
    h("button", {class: "main"}, "Save and go on"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(answerOf(form, state), form.querySelector("button.main"));
  });
  shownAt = Date.now();
  return [form, deletion()];
}

// Whoever stops in the middle may take back what they said, too.
function deletion() {
  return h("details", {class: "delete"}, h("summary", {}, "Delete my answers"),
    h("p", {}, "All that you said is deleted for good, and this link opens nothing more."),
    h("button", {onclick: (e) => send({step: "forget"}, e.target)}, "Delete my answers"));
}

function done() {
  return [h("h1", {}, "Thank you"), h("p", {}, "All your answers are saved. You can close this page."), deletion()];
}

function forgotten() {
  return [h("h1", {}, "Deleted"), h("p", {}, "Nothing of what you said is left.")];
}

function show(state) {
  document.title = state.title;
  main.replaceChildren(...[{consent, about, training, task, done, forgotten}[state.at](state)].flat(Infinity));
  main.focus();
  scrollTo(0, 0);
}

// Where nothing was shown yet.
function showWhy(error) {
  const why = error.status === 404 ? "There is no such link. Was it copied whole? If it was, ask who sent it to you."
    : error instanceof TypeError ? "The server does not answer. What you saved is kept: try again later."
    : sentence(error.message);
  main.replaceChildren(h("h1", {}, "This page cannot be opened"), h("p", {}, why));
}

ask().then(show, showWhy);
