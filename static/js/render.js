// A snapshot onto the page: the elements that the server wrote are kept, and changed where their words changed.
import { count, pieces, time } from "./format.js";
import { summaries } from "./series.js";
import { alert, systems } from "./standing.js";
import { card, deadlines, event, narrowed, nowCells } from "./words.js";

/** Shows the whole snapshot under `root`, the page's main element. */
export function render(root, snapshot, texts) {
  renderCards(root, snapshot, texts);
  renderNow(root, nowCells(snapshot, texts));
  renderList(root, "systems", systems(snapshot, texts), fillSystem);
  renderAlerts(root, snapshot.alerts, texts);
  renderSla(root, snapshot.sla, texts);
  renderList(root, "deadlines", deadlines(snapshot.sla, texts), fillDeadline);
  renderList(root, "feed", snapshot.feed, (item, line) => fillEvent(item, event(line, texts), texts));
  renderSeries(root, snapshot.series, texts);
  renderAsOf(root, time(snapshot.as_of, texts.zone, true), texts);
}

function renderCards(root, { kpis, window }, texts) {
  for (const place of root.querySelectorAll("[data-kpi]")) {
    const name = place.dataset.kpi;
    if (kpis[name]) renderCard(place, card(kpis[name], name, window, texts));
  }
}

function renderCard(card, words) {
  const place = part(card, "figure");
  if (place.textContent !== words.figure) {
    place.replaceChildren(...figure(words.figure));
    notice(place);
  }
  state(card, words.state);
  for (const name of ["word", "beside"]) write(part(card, name), words[name]);
  renderChange(part(card, "change"), words.change);
  refill(part(card, "explained"), words.explained, (line) => element("li", line));
}

function renderChange(place, { way, short, text, state, verdict }) {
  place.dataset.verdict = state;
  refill(place, way ? [`${way} ${short}`, text, verdict].filter(Boolean) : [], (words, at) => CHANGE_PARTS[at](words));
}

const CHANGE_PARTS = [
  (words) => Object.assign(element("span", words), { ariaHidden: "true" }),
  (text) => Object.assign(element("span", text), { className: "unseen" }),
  (verdict) => element("strong", ` · ${verdict}`),
];

function figure(text) {
  return pieces(text).map((piece) => (piece.number ? piece.text : unit(piece.text)));
}

function unit(text) {
  return Object.assign(element("span", text), { className: "figure-unit" });
}

function element(name, text) {
  return Object.assign(document.createElement(name), { textContent: text });
}

function renderNow(root, cells) {
  for (const [name, cell] of Object.entries(cells)) {
    const element = root.querySelector(`[data-now="${name}"]`);
    state(element, cell.state);
    if (write(part(element, "value"), cell.value)) notice(part(element, "value"));
    write(part(element, "below"), cell.below);
    const clock = part(element, "since");
    clock.dataset.since = cell.since;
    clock.hidden = !cell.since;
  }
}

const BADGES = { at_risk: "warn", breached: "bad" };

function renderSla(root, sla, texts) {
  for (const row of root.querySelectorAll("[data-sla]")) {
    const [priority, promise] = row.dataset.sla.split(":");
    const found = sla[priority][promise];
    for (const cell of row.querySelectorAll("td[data-part]")) {
      const n = found[cell.dataset.part];
      const badge = BADGES[cell.dataset.part]; // of those that can be wrong
      if (badge) cell.dataset.state = n ? badge : "none";
      write(part(cell, "n") ?? cell, count(n, texts.language));
    }
  }
}

/** The list `name` from its <template>; without lines, its words for that, where it has any. */
function renderList(root, name, lines, fill) {
  const list = root.querySelector(`[data-list="${name}"]`);
  const template = root.querySelector(`[data-template="${name}"]`);
  const empty = root.querySelector(`[data-empty="${name}"]`);
  if (empty) {
    list.hidden = lines.length === 0;
    empty.hidden = lines.length > 0;
  }
  refill(list, lines, (line) => fill(template.content.cloneNode(true), line));
}

/** New children, only if they would be others: a selection or a focus in the old ones would be lost. */
function refill(parent, lines, make) {
  const key = JSON.stringify(lines);
  if (parent.shownLines === key) return;
  parent.shownLines = key;
  parent.replaceChildren(...lines.map(make));
}

function fillSystem(item, system) {
  state(item.firstElementChild, system.state);
  for (const name of ["label", "word", "below"]) write(part(item, name), system[name]);
  const clock = part(item, "since");
  clock.dataset.since = system.since;
  clock.hidden = !system.since;
  return item;
}

/** The same alerts in the same order are changed in place: a form that somebody fills in stays, and nothing is read out twice. */
export function renderAlerts(root, alerts, texts) {
  const lines = alerts.map((found) => ({ ...alert(found, texts), where: narrowed(found.filters, texts) }));
  const list = root.querySelector('[data-list="alerts"]');
  const items = [...list.children];
  const isSame = items.length === lines.length && lines.every(({ id }, place) => items[place].dataset.alert === id);
  if (isSame) return lines.forEach((line, place) => fillAlert(items[place], line));
  const template = root.querySelector('[data-template="alerts"]');
  list.replaceChildren(...lines.map((line) => fillAlert(template.content.cloneNode(true).firstElementChild, line)));
}

function fillAlert(item, words) {
  if (item.dataset.state !== words.state) state(item, words.state);
  item.dataset.alert = words.id;
  item.toggleAttribute("data-quiet", words.quiet);
  for (const name of ["title", "where", "measured", "text", "since", "status"]) write(part(item, name), words[name]);
  fillDeeds(item, words);
  return item;
}

/** The link to the rows, and the form for who may use it: only of what has any. */
function fillDeeds(item, words) {
  const { link, work, incident } = words;
  const rows = part(item, "rows");
  const { issues } = rows.dataset; // where staff act on issues
  rows.hidden = !link;
  rows.href = issues && work ? `${issues}?${work}` : link || "#";
  const form = item.querySelector("[data-deeds]");
  if (!form) return; // for who may not
  form.hidden = !incident;
  for (const part of form.querySelectorAll("[data-unless]")) part.hidden = words[part.dataset.unless];
  for (const button of form.querySelectorAll("[data-deed]")) {
    button.formAction = form.dataset.deeds.replace(NO_INCIDENT, incident || NO_INCIDENT).replace("acknowledge", button.dataset.deed);
  }
}

const NO_INCIDENT = "00000000-0000-0000-0000-000000000000";

function fillDeadline(item, due) {
  const promise = part(item, "promise");
  write(promise, due.promise);
  if (promise.dataset.listOf) promise.href = promise.dataset.listOf + due.issue;
  write(part(item, "what"), `${due.priority} · …${due.issue}`);
  part(item, "due").dataset.due = part(item, "due").dateTime = due.due_at;
  part(item, "due").dataset.risk = due.risk_at;
  return item;
}

function fillEvent(item, line, texts) {
  part(item, "icon").setAttribute("href", `#kind-${line.kind}`);
  write(part(item, "text"), line.text);
  write(part(item, "what"), [line.priority, line.type, line.took].filter(Boolean).join(" · "));
  part(item, "at").dateTime = line.at;
  write(part(item, "at"), time(line.at, texts.zone, true));
  return item;
}

function renderSeries(root, series, texts) {
  for (const [name, sumUp] of Object.entries(summaries)) {
    write(root.querySelector(`[data-summary="${name}"]`), sumUp(series, texts));
  }
}

function renderAsOf(root, at, texts) {
  for (const element of root.querySelectorAll('[data-part="as-of"]')) write(element, at);
  write(part(root, "as-of-words"), texts.updated.replace("{time}", at));
}

function part(element, name) {
  return element.querySelector(`[data-part="${name}"]`);
}

/** Whether the text was another one. */
function write(element, text) {
  if (element.textContent === text) return false;
  element.textContent = text;
  return true;
}

function state(element, name) {
  element.dataset.state = name;
  part(element, "icon").setAttribute("href", `#state-${name}`);
}

/** Marks the element for a moment, anew if it is still marked. */
function notice(element) {
  element.classList.remove("has-changed");
  void element.offsetWidth; // makes the browser see the element without the mark
  element.classList.add("has-changed");
}
