// What the screen says about a snapshot. The same words as metrics/words.py; tests/js/words.json proves both.
// `texts` holds the page's sentences, its language and its time zone.
import * as format from "./format.js";

/** The figure `name` in words. Without a target there is nothing to be good at. */
export function card(kpi, name, window, texts) {
  const judged = kpi.target !== null || kpi.value === null;
  const nextTo = texts.told_next_to[name] ?? [];
  const beside = Object.fromEntries(Object.entries(texts.beside).filter(([key]) => !nextTo.includes(key)));
  return {
    figure: figure(kpi, texts),
    state: judged ? kpi.state : "none",
    word: kpi.failed ? texts.failed : judged ? texts.states[kpi.state] : texts.no_target,
    change: changed(kpi, window, texts),
    beside: kpi.failed ? "" : [...cases(kpi, name, texts), ...told(kpi.extra, beside, texts)].join(" · "),
    explained: [...was(kpi, window, texts), ...told(kpi.extra, texts.explained, texts), ...listed(kpi.extra, texts)],
  };
}

/** On how many cases the figure rests, and whether they are too few for a share to say much. */
function cases(kpi, name, texts) {
  if (kpi.unit === "count") return [];
  const counted = texts.counted_by[name] ?? "cases";
  const write = counted === "time" ? format.duration : format.count;
  const said = format.fill(texts.counted[counted][kpi.n === 1 ? "one" : "many"], { n: write(kpi.n, texts.language) });
  if (kpi.unit !== "rate" || kpi.value === null) return [said];
  if (counted === "time") return kpi.n < texts.short_below ? [said, texts.short] : [said];
  return kpi.n < texts.few_below ? [said, texts.few] : [said];
}

/** How it differs from the time before. Of a figure that may still grow nothing is known but that it has grown; a little is neither better nor worse. */
function changed({ change, lower_bound: bound, better, unit, target }, window, texts) {
  if (change === null || (bound && change <= 0)) return { way: "", short: "", text: "", state: "none", verdict: "" };
  const tenths = format.rounded(Math.abs(change) * 1000);
  const way = tenths === 0 ? "same" : change > 0 ? "up" : "down";
  const improves = way === (better === "higher" ? "up" : "down");
  const isLittle = Math.abs(change) < texts.notable[unit === "rate" ? "rate" : "other"];
  const state = isLittle || target === null ? "none" : improves ? "good" : "bad";
  const written = (unit === "rate" ? points : percent)(tenths, texts);
  const amount = bound ? `≥\u00a0${written}` : written;
  const text = format.fill(texts.changed[way], { amount, before: texts.before[window] });
  return { way: texts.ways[way], short: tenths ? amount : texts.unchanged, text, state, verdict: texts.verdicts[state] };
}

function points(tenths, texts) {
  return format.fill(texts.points[tenths === 10 ? "one" : "many"], { n: format.decimal(tenths, 1, texts.language) });
}

function percent(tenths, { language }) {
  return `${tenths < 100 ? format.decimal(tenths, 1, language) : format.count(tenths / 10, language)}%`;
}

function was({ before, unit }, window, texts) {
  if (before === null) return [];
  const value = format.measure(before, unit, texts.language);
  const said = format.fill(texts.was, { before: texts.before[window], value });
  return [said[0].toUpperCase() + said.slice(1)];
}

/** Each name of the lists in `extra` with its number. */
function listed(extra, texts) {
  return Object.entries(texts.listed).flatMap(([key, how]) =>
    numbered(extra[key] ?? {}, texts).map(([name, number]) => `${name}: ${format.measure(number, how, texts.language)}`),
  );
}

function numbered(found, texts) {
  if (Array.isArray(found)) return found.map(({ route, p95 }) => [address(route, texts), p95]);
  return Object.entries(found).map(([name, each]) => {
    return [texts.names[name] ?? name.replaceAll("_", " "), each !== null && typeof each === "object" ? each.value : each];
  });
}

function address(route, texts) {
  return route === texts.other_routes ? texts.other_addresses : route.replace(/<[^>]*>/g, "…");
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

const AMOUNTS = ["count", "usd", "minutes"];
const tells = (value, how) => (AMOUNTS.includes(how) ? Boolean(value) : value !== null);

function written(value, how, lang) {
  if (how === "interval") return value.map((end) => format.rate(end, lang)).join(" – ");
  if (how === "minutes") return (value < 0 ? "−" : "") + format.duration(Math.abs(value) * 60, lang);
  return format.measure(value, how, lang);
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

/** What is narrowed down to: "Location: São Paulo · Priority: high"; "" where nothing is. */
export function narrowed(filters, texts) {
  const named = { location: (value) => value, priority: (value) => texts.priorities[value], type: (value) => kind(value, texts) };
  return Object.entries(filters)
    .map(([name, value]) => `${texts.filters[name]}: ${named[name](value)}`)
    .join(" · ");
}

const kind = (type, texts) => texts.types[type] ?? type.replaceAll("_", " ");

/** The deadlines of open issues that matter most: the latest that have passed, as far as half of the list, then the nearest to come. */
export function deadlines(sla, texts, most = 6) {
  const missed = due(sla, "last_breaches", texts).reverse();
  const nearest = due(sla, "next_deadlines", texts);
  const shown = missed.slice(0, Math.max(Math.floor(most / 2), most - nearest.length));
  return [...shown, ...nearest.slice(0, most - shown.length)];
}

/** In order, the earliest first. */
function due(sla, which, texts) {
  const every = Object.values(sla).flatMap((kinds) =>
    Object.entries(texts.promises).flatMap(([promise, word]) =>
      kinds[promise][which].map((each) => ({ ...each, priority: texts.priorities[each.priority], promise: word })),
    ),
  );
  const key = (each) => each.due_at + each.issue;
  return every.sort((a, b) => (key(a) < key(b) ? -1 : 1));
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
    type: kind(line.type, texts),
    took: line.took_s === null ? "" : format.fill(texts.took, { time }),
  };
}
