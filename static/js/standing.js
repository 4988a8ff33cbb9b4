// What the screen says about the systems that MIS depends on. The same words as metrics/standing.py;
// tests/js/words.json proves both. `texts` holds the page's sentences, its language and its time zone.
import * as format from "./format.js";

/** Each system in words: name, label, state, word, below, and a time that runs from `since`. */
export function systems({ now, as_of }, texts) {
  const models = now.models.map((model) => ofModel(model, now.models, texts));
  return [
    ...(models.length ? models : [withoutAI(now.channel, texts)]),
    ofChannel(now.channel, texts),
    ofQueue(now.queue, as_of, texts),
    ...Object.entries(texts.budgets).map(([name, label]) => ofBudget(name, label, now.budget[name], texts)),
  ];
}

function cell(name, label, state, word, below = "", since = null) {
  return { name, label, state, word, below, since: since ?? "" };
}

function withoutAI(channel, { standing, channel_states }) {
  const instead = channel.state === "not_configured" ? "" : standing.templates;
  return cell("ai", standing.ai, "none", channel_states.not_configured.word, instead);
}

/** One that is left alone is worse when no other one is asked. */
function ofModel(model, models, texts) {
  const stopped = models.some(({ state }) => state === "closed") ? "warn" : "bad";
  const state = { closed: "good", busy: "warn" }[model.state] ?? stopped;
  const label = format.fill(texts.standing.ai_model, { model: model.model });
  return cell(model.model, label, state, texts.model_states[model.state], about(model, texts), model.since);
}

function about(model, { standing, reasons, zone, language }) {
  const reason = reasons[model.reason] ?? model.reason.replaceAll("_", " ");
  if (model.since) return format.fill(standing.because_for, { reason });
  if (model.until) return format.fill(standing.until, { time: format.time(model.until, zone, true) });
  return model.failures ? format.fill(standing.failures, { n: format.count(model.failures, language) }) : "";
}

function ofChannel({ state, since }, { standing, channel_states }) {
  const told = channel_states[state];
  const running = state === "unknown" ? standing.last_heard : standing.for_so_long;
  const below = state === "not_configured" ? standing.nobody_answered : "";
  return cell("whatsapp", "WhatsApp", told.state, told.word, since ? running : below, since);
}

function ofQueue({ waiting, oldest_due_at: oldest, follow_ups }, asOf, { standing, language, long_due_s }) {
  const late = oldest && Date.parse(asOf) - Date.parse(oldest) > long_due_s * 1000;
  const counted = (sentence, n) => format.fill(sentence, { n: format.count(n, language) });
  const word = waiting ? counted(standing.due, waiting) : standing.nothing_due;
  const below = [follow_ups ? counted(standing.follow_ups, follow_ups) : "", oldest ? standing.oldest_due : ""];
  return cell("queue", standing.queue, late ? "warn" : "good", word, below.filter(Boolean).join(" · "), oldest);
}

function ofBudget(name, label, { size, left }, { standing, language }) {
  if (!size) return cell(name, label, "none", standing.no_limit);
  const word = format.fill(standing.left, { left: format.count(left, language), size: format.count(size, language) });
  return left ? cell(name, label, "good", word) : cell(name, label, "warn", word, standing.spent);
}

const SEVERITIES = { critical: "bad", warning: "warn", info: "none" };

/** One alert in words: what it means and what to do. An unknown one is named at least; a rule of people's own brings its words. */
export function alert(found, { alerts, standing, zone, language }) {
  const { title, severity, about, since, own } = found;
  const told = { ...(alerts[title] ?? { title: title.replaceAll("_", " ") }), ...own };
  const several = found.n > 1 && !own?.title && told.several;
  const parts = [told.means, told.meanwhile?.[severity], told.repair].filter(Boolean);
  const when = since && `${format.day(since, zone, language)} ${format.time(since, zone)}`;
  return {
    id: found.id,
    state: SEVERITIES[severity],
    title: several ? format.fill(told.several, { n: format.count(found.n, language) }) : told.title,
    measured: measured(told, found, language),
    text: format.fill(parts.join(" "), { about }),
    since: when ? format.fill(standing.since, { when }) : "",
    status: status(found, { alerts, standing, zone }).join(" · "),
    acknowledged: Boolean(found.acknowledged_at),
    silenced: Boolean(found.silenced_until),
    quiet: Boolean(found.acknowledged_at || found.silenced_until || found.inhibited_by),
    link: found.link ?? "",
    work: found.work ?? "",
    incident: found.incident ?? "",
  };
}

/** How bad it is, where that can be said. */
function measured(told, { value = null, unit, n }, language) {
  if (value === null || !told.measured) return "";
  const text = told.measured[n === 1 ? "one" : "many"];
  return format.fill(text, { value: format.measure(value, unit, language), n: format.count(n, language) });
}

function acknowledged({ acknowledged_at: at, acknowledged_by: who }, { standing, zone }) {
  return at && format.fill(who ? standing.acknowledged : standing.acknowledged_by_nobody, { who, time: format.time(at, zone) });
}

/** What is to be said of an incident beside its trouble: that it is about to end, and what people have done. */
function status(found, { alerts, standing, zone }) {
  const { state, silenced_until: until, inhibited_by: cause } = found;
  const told = ["recovering", "no_data", "error"].includes(state);
  return [
    told && standing[state],
    acknowledged(found, { standing, zone }),
    until && format.fill(standing.silenced_until, { time: format.time(until, zone) }),
    cause && format.fill(standing.follows_from, { what: alerts[cause]?.title ?? cause }),
  ].filter(Boolean);
}
