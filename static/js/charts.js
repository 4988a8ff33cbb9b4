// The charts: figures declared by the server, filled from the snapshot, coloured by the design's tokens.
import { age, count, day, measure, money, time } from "./format.js";
import { labels, naming } from "./series.js";

// A logarithmic axis in steps of a clock. What took less than the first is drawn on it.
const MARKS_S = [1, 10, 60, 600, 3600, 36000, 86400, 864000, 8640000];
const FEWEST_MARKS = 3;
const MOST_TICKS = 5;
const LEAST_USD = 0.0001; // what a price is written to
const LABEL_PX = 56;
const DIGIT_PX = 7;
const MARKED = { s: age, usd: money, count };
const CONFIG = { displayModeBar: false, responsive: true, showTips: false };

/** Round values of which the last is not below `most`: from 0 on, at most six; seconds from 1 on, by clock units. */
export function ticks(most, unit) {
  if (unit === "s") return durationMarks(most);
  const step = roundStep(most, unit === "usd" ? LEAST_USD : 1);
  const number = Math.max(1, Math.ceil(most / step));
  return Array.from({ length: number + 1 }, (unused, place) => place * step);
}

function durationMarks(most) {
  const last = MARKS_S.findIndex((mark) => mark >= most);
  return last < 0 ? MARKS_S : MARKS_S.slice(0, Math.max(last + 1, FEWEST_MARKS));
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
 * What Plotly draws: `figure` with the series in place. x is the place of the bucket, so that every name is ours.
 * `tones` maps the tones of the design to colours, `width` is in CSS pixels.
 */
export function paint(figure, { series }, texts, tones, width) {
  const names = labels(series.starts, texts);
  const data = figure.data.map((trace) => fillTrace(trace, series, names, texts, tones));
  return { data, layout: fillLayout(figure.layout, data, series, texts, tones, width) };
}

function fillTrace(trace, series, names, texts, tones) {
  const y = series[trace.meta.series];
  const color = tones[trace.meta.tone];
  const isBar = trace.type === "bar";
  const pick = (open, closed) => y.map((unused, place) => (series.unfinished && place === y.length - 1 ? open : closed));
  const { unit } = trace.meta;
  const drawn = isBar ? y : y.map((value) => (value === null ? null : Math.max(value, MARKS_S[0])));
  return {
    ...trace,
    x: names.map((unused, place) => place),
    y: drawn,
    marker: isBar ? bars(color, pick, tones) : { ...trace.marker, color, symbol: pick("circle-open", "circle") },
    ...(trace.line && { line: { ...trace.line, color } }),
    customdata: y.map((value, place) => `${names[place]} · ${trace.name}: ${measure(value, unit, texts.language)}`),
    hovertemplate: "%{customdata}<extra></extra>",
  };
}

/** The bar still being filled is hatched, so that it is told apart without colour. */
function bars(color, pick, tones) {
  const pattern = { shape: pick("/", ""), size: 6, fillmode: "replace", fgcolor: color, bgcolor: tones.surface };
  return { color, line: { color, width: pick(1.5, 0) }, pattern };
}

function fillLayout(layout, data, series, texts, tones, width) {
  const { unit } = data[0].meta;
  const isDuration = unit === "s";
  const targets = (layout.shapes ?? []).map((shape) => shape.y0);
  const marks = ticks(Math.max(0, ...targets, ...data.flatMap((trace) => trace.y)), unit);
  const { places, names: shown } = timeMarks(series.starts, texts, width - 60);
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
      range: [-0.6, series.starts.length - 0.4],
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
      range: isDuration ? [-0.04, Math.log10(marks.at(-1)) + 0.08] : [0, marks.at(-1) * 1.04],
      tickmode: "array",
      tickvals: marks,
      ticktext: marks.map((mark) => MARKED[unit](mark, texts.language)),
      gridcolor: tones.grid,
    },
    shapes: [...targetLines(layout, tones), ...unfinishedBand(series, tones)],
    annotations: [],
  };
}

/** The target is named in the legend: beside its line it would lie over the figures. */
function targetLines({ shapes = [], annotations = [] }, tones) {
  return shapes.map((shape, place) => ({
    ...shape,
    layer: "below",
    line: { ...shape.line, color: tones.text },
    name: annotations[place]?.text ?? shape.name,
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

/** Draws every [data-chart] under `root`; `show(snapshot)` keeps them so, `repaint()` follows a change of theme. */
export class Charts {
  constructor(root, figures, texts) {
    Object.assign(this, { figures, texts });
    this.areas = [...root.querySelectorAll("[data-chart]")];
    this.loaded = loadPlotly(root.dataset.plotly).catch(() => this.fail());
  }

  async show(snapshot) {
    const series = JSON.stringify(snapshot.series);
    this.snapshot = snapshot;
    if (series === this.series) return;
    this.series = series;
    await this.repaint();
  }

  async repaint() {
    const Plotly = await this.loaded;
    if (!Plotly || !this.snapshot) return;
    const tones = readTones();
    for (const area of this.areas) {
      const { data, layout } = paint(this.figures[area.dataset.chart], this.snapshot, this.texts, tones, area.clientWidth);
      Plotly.react(area, data, layout, CONFIG);
      area.classList.remove("is-drawing");
    }
  }

  fail() {
    for (const area of this.areas) {
      area.classList.remove("is-drawing");
      area.querySelector('[data-part="failed"]').hidden = false;
    }
  }
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
