"use strict";
// What the parts of the page share: elements, texts, requests. No part keeps what a server said as markup.

const byId = (id) => document.getElementById(id);

/** An element with properties and children: make("td", { className: "number" }, "7"). */
function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) key in element ? (element[key] = value) : element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Sets a text only where it is another: an unchanged page is not laid out again. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const grouped = new Intl.NumberFormat("en");
const count = (number) => grouped.format(number);

/** At most three digits that matter: 7, 12.5, 830. */
const rate = (number) => (number >= 100 || Number.isInteger(number) ? count(Math.round(number)) : number.toFixed(1));

function bytes(number) {
  for (const unit of ["B", "KB", "MB", "GB"]) {
    if (number < 1024 || unit === "GB") return (unit === "B" || number >= 100 ? Math.round(number) : number.toFixed(1)) + " " + unit;
    number /= 1024;
  }
}

function duration(seconds) {
  if (seconds < 0.001) return Math.round(seconds * 1e6) + " µs";
  if (seconds < 1) return Math.round(seconds * 1e3) + " ms";
  if (seconds < 60) return Math.floor(seconds) + " s";
  if (seconds < 3600) return Math.floor(seconds / 60) + " min";
  const [large, small, of] = seconds < 86400 ? [3600, 60, [" h", " min"]] : [86400, 3600, [" d", " h"]];
  const rest = Math.floor((seconds % large) / small);
  return Math.floor(seconds / large) + of[0] + (rest ? " " + rest + of[1] : "");
}

function ago(seconds) {
  const passed = Date.now() / 1000 - seconds;
  return passed < 1 ? "just now" : duration(passed) + " ago";
}
const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString();

/** A request to this listener: its JSON, or an Error with what the server says. A login that is over leads to the form. */
async function ask(path, options = {}) {
  const answer = await fetch(path, options);
  if (answer.status === 401) location.assign("/login");
  const type = answer.headers.get("Content-Type") || "";
  const body = type.startsWith("application/json") ? await answer.json() : {};
  if (answer.ok) return body;
  throw Object.assign(new Error(body.error || "status " + answer.status), { status: answer.status });
}

/** Puts a question; true for yes. */
function confirmed(question) {
  const dialog = byId("ask");
  say(byId("question"), question);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

/** Calls `work` every so many seconds while the page is looked at, the next time only when the last one is done. */
function repeat(seconds, work) {
  let timer;
  let running = false;
  const turn = async () => {
    clearTimeout(timer);
    if (running) return;
    running = true;
    try {
      if (!document.hidden) await work();
    } catch (wrong) {
      // The state above says that the server is away; the next turn tries again.
    } finally {
      running = false;
      timer = setTimeout(turn, (typeof seconds === "function" ? seconds() : seconds) * 1000);
    }
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden) turn(); });
  turn();
  return turn;
}

/** Fills a table: heads as [title, class], rows as arrays of texts and elements. */
function fill(table, heads, rows, empty) {
  const head = make("thead", {}, make("tr", {}, ...heads.map(([title, className]) => make("th", { className: className || "", scope: "col" }, title))));
  const body = make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((cell, i) => {
    const td = make("td", { className: heads[i][1] || "" }, cell);
    if (typeof cell === "string" && heads[i][1] === "name") td.title = cell;
    return td;
  }))));
  if (rows.length === 0) body.append(make("tr", {}, make("td", { className: "empty", colSpan: heads.length }, empty)));
  // A button that has the focus is not taken away under somebody's fingers.
  if (table.contains(document.activeElement)) return;
  table.replaceChildren(head, body);
}

/** Adds to the top of a log, which keeps the newest. */
function log(list, meta, text, className = "") {
  const item = make("li", { className: "fresh" }, make("span", { className: "meta" }, meta), make("span", { className: "text " + className }, text));
  list.prepend(item);
  while (list.children.length > 200) list.lastChild.remove();
}

/** A payload as JSON objects of the streams have it. */
function readable(payload, base64) {
  if (base64) return "base64: " + (payload.length > 2000 ? payload.slice(0, 2000) + " …" : payload);
  return payload.length > 4000 ? payload.slice(0, 4000) + " … (" + count(payload.length) + " characters)" : payload;
}

/** Copies; without the right to, the text is shown, selected, for the reader to copy. */
async function copy(button, text) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch (notAllowed) {
    const field = make("textarea", { value: text, readOnly: true, ariaLabel: label });
    button.closest("form, div").after(field);
    field.select();
    field.addEventListener("blur", () => field.remove(), { once: true });
  }
  setTimeout(() => { button.textContent = label; }, 1500);
}
