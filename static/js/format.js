// Numbers as people read them. The same rules as metrics/format.py; tests/js/format.json proves both.

export const NOTHING = "—";
const SPACE = "\u00a0";
const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86400;
const TAGS = { "pt-br": "pt-BR", en: "en-US" };

export const rounded = (value) => Math.floor(value + 0.5);
const missing = (value) => value === null || value === undefined;

/** scaled / 10^places with the separators of the language: (12345, 1) is "1.234,5" in Portuguese. */
export function decimal(scaled, places, lang) {
  const digits = { minimumFractionDigits: places, maximumFractionDigits: places };
  return new Intl.NumberFormat(TAGS[lang] ?? lang, digits).format(scaled / 10 ** places);
}

export function count(value, lang) {
  return missing(value) ? NOTHING : decimal(rounded(value), 0, lang);
}

/** A measured time: "0,8 s", "42 s", "1 min 20 s", "2 h 5 min", "3 d 4 h". */
export function duration(seconds, lang) {
  if (missing(seconds)) return NOTHING;
  const tenths = rounded(seconds * 10);
  if (tenths < 100) return `${small(seconds, tenths, 1, lang)}${SPACE}s`;
  return spelled(seconds, rounded);
}

/** A time still running, in whole seconds gone by. Below zero is zero. */
export function age(seconds) {
  return missing(seconds) ? NOTHING : spelled(Math.max(0, seconds), Math.floor);
}

function spelled(seconds, whole) {
  const s = whole(seconds);
  if (s < MINUTE_S) return `${s}${SPACE}s`;
  if (s < HOUR_S) return two(s, 60, "min", "s");
  const minutes = whole(seconds / MINUTE_S);
  if (minutes < DAY_S / MINUTE_S) return two(minutes, 60, "h", "min");
  return two(whole(seconds / HOUR_S), 24, "d", "h");
}

function two(amount, per, large, little) {
  const head = `${Math.floor(amount / per)}${SPACE}${large}`;
  return amount % per ? `${head}${SPACE}${amount % per}${SPACE}${little}` : head;
}

/** A share from 0 to 1 as "93,5%"; in English "93.5%". Only all of it is 100%, only nothing is 0%. */
export function rate(share, lang) {
  if (missing(share)) return NOTHING;
  if (share === 0 || share === 1) return `${share * 100}%`;
  const tenths = rounded(share * 1000);
  return small(share, share < 1 ? Math.min(tenths, 999) : tenths, 1, lang) + "%";
}

export function money(usd, lang) {
  if (missing(usd)) return NOTHING;
  if (usd === 0 || usd >= 1) return `US$${SPACE}${decimal(rounded(usd * 100), 2, lang)}`;
  const tenThousandths = rounded(usd * 10000);
  if (tenThousandths === 0) return `<${SPACE}US$${SPACE}${decimal(1, 4, lang)}`;
  return `US$${SPACE}${decimal(tenThousandths, 4, lang)}`;
}

function small(value, scaled, places, lang) {
  return value > 0 && scaled === 0 ? `<${SPACE}${decimal(1, places, lang)}` : decimal(scaled, places, lang);
}

/** A mean of ratings from 1 to 5, "4,3". */
export function stars(value, lang) {
  return missing(value) ? NOTHING : decimal(rounded(value * 10), 1, lang);
}

const BY_UNIT = { s: duration, rate, usd: money, stars };

/** The value in its unit: "s" (seconds), "rate" (0 to 1), "usd", "stars" (1 to 5), and anything else as a count. */
export function measure(value, unit, lang) {
  return (BY_UNIT[unit] ?? count)(value, lang);
}

/** Text cut into numbers and what stands around them, so that a figure can set its units smaller. */
export function pieces(text) {
  return (text.match(/[\d.,]*\d|[^\d]+/g) ?? []).map((piece) => ({ text: piece, number: /\d/.test(piece) }));
}

/** "14:32", or "14:32:05" with seconds, in the time zone of the page. */
export function time(iso, zone, seconds = false) {
  const parts = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
  if (seconds) parts.second = "2-digit";
  return new Intl.DateTimeFormat("pt-BR", parts).format(new Date(iso));
}

const DAY = { day: "2-digit", month: "2-digit" };
const dated = (iso, lang, parts) => new Intl.DateTimeFormat(TAGS[lang] ?? lang, parts).format(new Date(iso));

/** "23/11" in Portuguese, "11/23" in English. */
export const day = (iso, zone, lang) => dated(iso, lang, { ...DAY, timeZone: zone });

/** "23/11/2025" in Portuguese, "11/23/2025" in English. */
export const date = (iso, zone, lang) => dated(iso, lang, { ...DAY, year: "numeric", timeZone: zone });

/** A sentence with its blanks filled: fill("há {age}", {age: "3 s"}) is "há 3 s". */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (blank, name) => values[name] ?? blank);
}
