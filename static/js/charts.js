// The charts: figures declared by the server, filled from the snapshot, coloured by the design's tokens.
import { age, count, day, decimal, measure, money, time } from "./format.js";
import { labels, naming } from "./series.js";

// A logarithmic axis in steps of a clock, from the one below the shortest. What took less than the first of all is drawn on it.
const MARKS_S = [0.01, 0.1, 1, 10, 60, 600, 3600, 36000, 86400, 864000, 8640000];
const FEWEST_MARKS = 3;
const MOST_TICKS = 5;
const LEAST_USD = 0.0001; // what a price is written to
const LABEL_PX = 56;
const DIGIT_PX = 7;
const SHARES = [0, 0.5, 0.8, 0.9, 0.96]; // an axis from there to all has four round steps
const MARKED = { s: clockMark, usd: money, count, rate: share, stars: count };
const CONFIG = { displayModeBar: false, responsive: true, showTips: false };

/** A round share without decimals: "96%", and "97,5%" where it has one. */
function share(value, language) {
  const tenths = Math.round(value * 1000);
  return `${tenths % 10 ? decimal(tenths, 1, language) : tenths / 10}%`;
}

/** A step of a clock: "0,1 s", "10 s", "1 h". */
function clockMark(seconds, language) {
  const places = Math.round(-Math.log10(seconds));
  return places > 0 ? `${decimal(1, places, language)}\u00a0s` : age(seconds);
}

/** Round values of which the last is not below `most`: from 0 on, at most six; seconds by clock units, from one not above `least`. */
export function ticks(most, unit, least = 1) {
  if (unit === "s") return durationMarks(least, most);
  const step = roundStep(most, unit === "usd" ? LEAST_USD : 1);
  const number = Math.max(1, Math.ceil(most / step));
  return Array.from({ length: number + 1 }, (unused, place) => place * step);
}

function durationMarks(least, most) {
  const first = Math.max(0, MARKS_S.findLastIndex((mark) => mark <= Math.min(least, 1)));
  const last = MARKS_S.findIndex((mark) => mark >= most);
  return MARKS_S.slice(first, last < 0 ? undefined : Math.max(last + 1, first + FEWEST_MARKS));
}

function roundStep(most, least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, most / MOST_TICKS)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => most / step <= MOST_TICKS);
}

/** Those of `places` that there is room to name, counted back from the newest so that it always has its name. */
export function namedPlaces(places, room) {
  const step = Math.max(1, Math.ceil(places.length / Math.max(1, room)));
  return places.filter((unused, at) => (places.length - 1 - at) % step === 0);
}

/** The places to name on an axis so wide, and their names: of several days their midnights, by their day. */
export function timeMarks(starts, texts, width) {
  const isDaily = naming(starts) === "day and time";
  const names = isDaily ? starts.map((start) => day(start, texts.zone, texts.language)) : labels(starts, texts);
  const places = [...starts.keys()].filter((place) => !isDaily || time(starts[place], texts.zone) === "00:00");
  const room = Math.floor(width / Math.max(LABEL_PX, DIGIT_PX * (names[0].length + 2)));
  const named = namedPlaces(places, room);
  return { places: named, names: named.map((place) => names[place]) };
}

/**
 * What Plotly draws: `figure` with the series in place. x is the place of the bucket, so that every name is ours. Bars
 * that are of no time have `names`, and `edges` between them.
 * `tones` maps the tones of the design to colours, `width` is in CSS pixels.
 */
export function paint(figure, series, texts, tones, width) {
  const names = series.names ?? labels(series.starts, texts);
  const { unit } = figure.data[0].meta;
  const targets = targetLines(figure.layout, unit === "s" ? series.target_s : undefined, texts, tones);
  const marks = marksOf([...targets.map((line) => line.y0), ...figure.data.flatMap((trace) => series[trace.meta.series])], unit);
  const data = figure.data.map((trace) => fillTrace(trace, series, names, texts, tones, marks[0]));
  return { data, layout: fillLayout(figure.layout, { series, names, targets, marks, unit }, texts, tones, width) };
}

function fillTrace(trace, series, names, texts, tones, lowest) {
  const y = series[trace.meta.series];
  const color = tones[trace.meta.tone];
  const isBar = trace.type === "bar";
  const pick = (open, closed) => y.map((unused, place) => (series.unfinished && place === y.length - 1 ? open : closed));
  const { unit } = trace.meta;
  const counts = unit === "rate" ? series.n?.[trace.meta.series] : undefined;
  const isFew = (place) => counts?.[place] < texts.few_below;
  const of = (place) => (counts ? ` (n = ${count(counts[place], texts.language)})` : "");
  const drawn = unit === "s" ? y.map((value) => (value === null ? null : Math.max(value, lowest))) : y;
  return {
    ...trace,
    x: names.map((unused, place) => place),
    y: drawn,
    marker: isBar ? bars(color, pick, tones) : { ...trace.marker, color, symbol: pick("circle-open", "circle").map((shape, place) => (isFew(place) ? "circle-open" : shape)) },
    ...(trace.line && { line: { ...trace.line, color } }),
    customdata: y.map((value, place) => `${names[place]} · ${trace.name}: ${measure(value, unit, texts.language)}${of(place)}`),
    hovertemplate: "%{customdata}<extra></extra>",
  };
}

/** The bar still being filled is hatched, so that it is told apart without colour. */
function bars(color, pick, tones) {
  const pattern = { shape: pick("/", ""), size: 6, fillmode: "replace", fgcolor: color, bgcolor: tones.surface };
  return { color, line: { color, width: pick(1.5, 0) }, pattern };
}

function fillLayout(layout, { series, names, targets, marks, unit }, texts, tones, width) {
  const { places, names: shown } = series.edges ? edgeMarks(series.edges, width - 60) : timeMarks(series.starts, texts, width - 60);
  const { height, ...rest } = layout;
  return {
    ...rest,
    font: { color: tones.text, family: tones.font, size: 12 },
    legend: { orientation: "h", xref: "container", x: 0, yref: "container", y: 1, yanchor: "top" },
    margin: { l: unit === "usd" ? 78 : 56, r: 12, t: 24, b: 26 },
    hovermode: "closest",
    hoverdistance: 60,
    hoverlabel: { bgcolor: tones.surface, bordercolor: tones.edge, font: { color: tones.ink, family: tones.font } },
    xaxis: {
      ...layout.xaxis,
      type: "linear",
      range: [-0.6, names.length - 0.4],
      tickmode: "array",
      tickvals: places,
      ticktext: shown,
      tickangle: 0,
      zeroline: false,
      linecolor: tones.edge,
      showline: true,
    },
    yaxis: {
      ...layout.yaxis,
      title: { text: "" },
      range: rangeOf(marks, unit),
      tickmode: "array",
      tickvals: marks,
      ticktext: marks.map((mark) => MARKED[unit](mark, texts.language)),
      gridcolor: tones.grid,
    },
    shapes: [...unfinishedBand(series, tones), ...targets],
    annotations: [],
  };
}

/** A share's axis begins at a round share below all of them, one of durations below the shortest; any other, at nothing. */
function marksOf(values, unit) {
  const known = values.filter((value) => value !== null);
  if (unit !== "rate") return ticks(Math.max(0, ...known), unit, Math.min(...known.filter((value) => value > 0)));
  const low = SHARES.findLast((share) => share <= Math.min(...known, 1)) ?? 0;
  return [0, 1, 2, 3, 4].map((step) => low + (step * (1 - low)) / 4);
}

function rangeOf(marks, unit) {
  if (unit === "s") return [Math.log10(marks[0]) - 0.04, Math.log10(marks.at(-1)) + 0.08];
  const room = (marks.at(-1) - marks[0]) * 0.04;
  return [unit === "rate" ? marks[0] - room : 0, marks.at(-1) + room];
}

/** Bars are named by the edges between them, as many as there is room for. */
function edgeMarks(edges, width) {
  const longest = Math.max(...edges.map((edge) => edge.length));
  const shown = namedPlaces([...edges.keys()], Math.floor(width / (DIGIT_PX * (longest + 1))));
  return { places: shown.map((place) => place + 0.5), names: shown.map((place) => edges[place]) };
}

/** The target is named in the legend: beside its line it would lie over the figures. One that may change comes with the series. */
function targetLines({ shapes = [], annotations = [] }, now, texts, tones) {
  return shapes.map((shape, place) => ({
    ...shape,
    ...(now && { y0: now, y1: now }),
    layer: "below",
    line: { ...shape.line, color: tones.text },
    name: [annotations[place]?.text ?? shape.name, now && age(now)].filter(Boolean).join(" "),
    showlegend: true,
  }));
}

/** The newest bucket is still being filled: it stands on a shaded band. */
function unfinishedBand(series, tones) {
  if (!series.unfinished) return [];
  const last = series.starts.length - 1;
  const place = { xref: "x", x0: last - 0.5, x1: last + 0.5, yref: "paper", y0: 0, y1: 1 };
  return [{ type: "rect", ...place, layer: "below", fillcolor: tones.band, line: { width: 0 } }];
}

/** The colours of the theme as it is now. */
export function readTones(root = document.documentElement) {
  const style = getComputedStyle(root);
  const token = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    main: token("chart-main"),
    warn: token("chart-warn"),
    good: token("chart-good"),
    quiet: token("chart-quiet"),
    grid: token("chart-grid"),
    band: token("sunken"),
    surface: token("surface"),
    edge: token("edge"),
    ink: token("ink"),
    text: token("ink-soft"),
    font: token("font"),
  };
}

/** Draws charts in groups: `draw` those of a place anew, `repaint` all of them, as when the theme changes. */
export class Charts {
  constructor(plotly, texts) {
    this.texts = texts;
    this.groups = new Map();
    this.loaded = loadPlotly(plotly);
    this.loaded.catch(() => this.fail());
  }

  /** `figures` by name, filled from `series`; those that are of no time have their own in `others`, with names. */
  async draw(group, place, figures, series, others = {}) {
    const key = JSON.stringify([series, others]);
    const areas = [...place.querySelectorAll("[data-chart]")].filter(({ dataset }) => dataset.chart in figures);
    const before = this.groups.get(group);
    if (before?.key === key && before.areas[0] === areas[0]) return;
    for (const area of before?.areas ?? []) if (!area.isConnected) window.Plotly?.purge(area);
    this.groups.set(group, { key, areas, figures, series, others });
    await this.paint(this.groups.get(group));
  }

  repaint() {
    return Promise.all([...this.groups.values()].map((group) => this.paint(group)));
  }

  async paint({ areas, figures, series, others }) {
    const Plotly = await this.loaded.catch(() => null);
    if (!Plotly) return this.fail();
    const tones = readTones();
    for (const area of areas) {
      const name = area.dataset.chart;
      try {
        const { data, layout } = paint(figures[name], others[name] ?? series, this.texts, tones, area.clientWidth);
        await Plotly.react(area, data, layout, CONFIG);
        area.classList.toggle("is-empty", data.every(({ y }) => y.every((value) => !value)));
        area.classList.remove("is-drawing");
      } catch (error) {
        fail(area);
        console.error(error);
      }
    }
  }

  fail() {
    for (const { areas } of this.groups.values()) areas.forEach(fail);
  }
}

function fail(area) {
  area.classList.remove("is-drawing", "is-empty");
  area.querySelector('[data-part="failed"]').hidden = false;
}

/** Plotly is a classic script of a megabyte: it comes when everything else is there. */
function loadPlotly(src) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = src;
    script.onload = () => (window.Plotly ? resolve(window.Plotly) : reject(new Error("Plotly did not load")));
    script.onerror = reject;
    document.head.append(script);
  });
}
