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

/** The name of a bucket: its time of day, with the day where the window has several. */
export function bucket(start, window, texts) {
  const day = format.day(start, texts.zone, texts.language);
  const time = format.time(start, texts.zone);
  if (window === "30d") return day;
  return window === "7d" ? `${day} ${time}` : time;
}

/** Each chart in a sentence. */
export const summaries = {
  volume(series, window, texts) {
    const most = Math.max(...series.received);
    if (most === 0) return texts.nothing_received;
    return format.fill(texts.volume_summary, {
      most: format.count(most, texts.language),
      when: bucket(series.starts[series.received.indexOf(most)], window, texts),
      received: format.count(series.received.at(-1), texts.language),
      resolved: format.count(series.resolved.at(-1), texts.language),
    });
  },
  ttfr(series, window, texts) {
    const high = series.ttfr_p90;
    const measured = [...high.keys()].filter((place) => high[place] !== null);
    if (measured.length === 0) return texts.nothing_answered;
    const slowest = measured.reduce((best, place) => (high[place] > high[best] ? place : best));
    return format.fill(texts.ttfr_summary, {
      slowest: format.duration(high[slowest], texts.language),
      when: bucket(series.starts[slowest], window, texts),
      median: format.duration(series.ttfr_p50[measured.at(-1)], texts.language),
      high: format.duration(high[measured.at(-1)], texts.language),
    });
  },
};

/** The charts as rows: label, received, resolved, median, high, and whether the row is still being filled. */
export function seriesRows(series, window, texts) {
  const lang = texts.language;
  return series.starts.map((start, place) => ({
    label: bucket(start, window, texts),
    received: format.count(series.received[place], lang),
    resolved: format.count(series.resolved[place], lang),
    median: format.duration(series.ttfr_p50[place], lang),
    high: format.duration(series.ttfr_p90[place], lang),
    unfinished: series.unfinished && place === series.starts.length - 1,
  }));
}
