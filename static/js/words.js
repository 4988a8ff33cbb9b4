// What the screen says about a snapshot. The same words as metrics/words.py; tests/js/words.json proves both.
// `texts` holds the page's sentences, its language and its time zone.
import * as format from "./format.js";

/** The figure `name` in words. Without a target there is nothing to be good at. */
export function card(kpi, name, texts) {
  const judged = kpi.target !== null || kpi.value === null;
  return {
    figure: figure(kpi, texts),
    state: judged ? kpi.state : "none",
    word: judged ? texts.states[kpi.state] : texts.no_target,
    beside: [...cases(kpi, name, texts), ...told(kpi.extra, texts.beside, texts)].join(" · "),
    explained: told(kpi.extra, texts.explained, texts).join(" · "),
  };
}

/** On how many cases the figure rests, and whether they are too few for a share to say much. */
function cases(kpi, name, texts) {
  const counted = texts.counted[texts.counted_by[name] ?? "cases"][kpi.n === 1 ? "one" : "many"];
  const number = format.fill(counted, { n: format.count(kpi.n, texts.language) });
  return kpi.unit === "rate" && kpi.value !== null && kpi.n < texts.few_below ? [number, texts.few] : [number];
}

function figure(kpi, texts) {
  const value = format.measure(kpi.value, kpi.unit, texts.language);
  return kpi.lower_bound && kpi.value !== null ? `≥\u00a0${value}` : value;
}

function told(extra, sentences, texts) {
  return Object.entries(sentences)
    .filter(([key, { format: how }]) => tells(extra[key] ?? null, how))
    .map(([key, { format: how, text }]) => format.fill(text, { value: written(extra[key], how, texts.language) }));
}

const tells = (value, how) => (how === "count" || how === "minutes" ? Boolean(value) : value !== null);

function written(value, how, lang) {
  if (how === "interval") return value.map((end) => format.rate(end, lang)).join(" – ");
  if (how === "minutes") return (value < 0 ? "−" : "") + format.duration(Math.abs(value) * 60, lang);
  return how === "rate" ? format.rate(value, lang) : format.count(value, lang);
}

/** How it stands at this moment, by cell: value, state, what is said below, and since when a time runs. */
export function nowCells({ now, sla }, texts) {
  const waits = now.waiting_since;
  const spoke = now.last_reply_at;
  const cell = (value, state, below, since) => ({
    value: format.count(value, texts.language),
    state: value ? state : "none",
    below,
    since: since ?? "",
  });
  return {
    waiting: cell(now.waiting, "none", waits ? texts.oldest : texts.nobody_waits, waits),
    answering: cell(now.thinking + now.speaking, "none", spoke ? texts.last_reply : texts.no_reply, spoke),
    at_risk: cell(now.at_risk, "warn", ofEach(sla, "at_risk", texts)),
    breached: cell(now.breached, "bad", ofEach(sla, "breached", texts)),
    escalated: cell(now.escalated_unassigned, "warn", format.fill(texts.of_open, { n: format.count(now.open, texts.language) })),
    unsure: cell(now.unsure, "warn", now.unsure ? texts.looked_up : texts.nothing_unsure),
  };
}

function ofEach(sla, state, texts) {
  const sum = (promise) => Object.values(sla).reduce((total, kinds) => total + kinds[promise][state], 0);
  const sums = Object.keys(texts.promises).map((promise) => [promise, format.count(sum(promise), texts.language)]);
  return format.fill(texts.of_each, Object.fromEntries(sums));
}

/** The nearest open deadlines of every priority and promise. */
export function deadlines(sla, texts, most = 6) {
  const every = Object.values(sla).flatMap((kinds) =>
    Object.entries(texts.promises).flatMap(([promise, word]) =>
      kinds[promise].next_deadlines.map((due) => ({ ...due, priority: texts.priorities[due.priority], promise: word })),
    ),
  );
  const key = (due) => due.due_at + due.issue;
  return every.sort((a, b) => (key(a) < key(b) ? -1 : 1)).slice(0, most);
}

/** One line of the feed in words. */
export function event(line, texts) {
  const time = format.duration(line.took_s, texts.language);
  const ways = texts.happened[line.kind];
  return {
    at: line.at,
    kind: line.kind,
    text: ways[line.how] ?? ways.system,
    priority: texts.priorities[line.priority],
    type: texts.types[line.type] ?? line.type.replaceAll("_", " "),
    took: line.took_s === null ? "" : format.fill(texts.took, { time }),
  };
}
