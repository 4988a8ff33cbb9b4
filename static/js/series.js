// The charts in words. The same as metrics/series.py; tests/js/words.json proves both.
// `texts` holds the page's sentences, its language and its time zone.
import * as format from "./format.js";

const HOUR_MS = 3600_000;
const SHORTEST_DAY_MS = 23 * HOUR_MS; // the days on which the clocks change have 23 and 25 hours
const LONGEST_DAY_MS = 25 * HOUR_MS;
const SAME_YEAR_MS = 330 * 24 * HOUR_MS;

/** What tells the buckets of a series apart: "date", "day", "time" or "day and time", as little as does. */
export function naming(starts) {
  const [first, second, last] = [starts[0], starts[1] ?? starts[0], starts.at(-1)].map(Date.parse);
  if (second - first >= SHORTEST_DAY_MS) return last - first <= SAME_YEAR_MS ? "day" : "date";
  return last - first <= LONGEST_DAY_MS ? "time" : "day and time";
}

const NAMED = {
  date: (start, { zone, language }) => format.date(start, zone, language),
  day: (start, { zone, language }) => format.day(start, zone, language),
  time: (start, { zone }) => format.time(start, zone),
  "day and time": (start, texts) => `${NAMED.day(start, texts)} ${NAMED.time(start, texts)}`,
};

/** The names of the buckets. */
export function labels(starts, texts) {
  const name = NAMED[naming(starts)];
  return starts.map((start) => name(start, texts));
}

const known = (values) => [...values.keys()].filter((place) => values[place] !== null);
const largest = (values) => known(values).reduce((best, place) => (values[place] > values[best] ? place : best));

/** Each chart in a sentence. */
export const summaries = {
  volume({ starts, received, resolved }, texts) {
    const most = Math.max(...received);
    if (most === 0) return texts.nothing_received;
    return format.fill(texts.volume_summary, {
      most: format.count(most, texts.language),
      when: labels(starts, texts)[received.indexOf(most)],
      received: format.count(received.at(-1), texts.language),
      resolved: format.count(resolved.at(-1), texts.language),
    });
  },
  ttfr({ starts, ttfr_p50: median, ttfr_p90: high }, texts) {
    const last = known(high).at(-1);
    if (last === undefined) return texts.nothing_answered;
    const slowest = largest(high);
    return format.fill(texts.ttfr_summary, {
      slowest: format.duration(high[slowest], texts.language),
      when: labels(starts, texts)[slowest],
      median: format.duration(median[last], texts.language),
      high: format.duration(high[last], texts.language),
    });
  },
  spend({ starts, cost_usd: cost }, texts) {
    if (known(cost).length === 0) return texts.nothing_spent;
    const most = largest(cost);
    return format.fill(texts.spend_summary, {
      most: format.money(cost[most], texts.language),
      when: labels(starts, texts)[most],
    });
  },
};
