import assert from "node:assert/strict";
import test from "node:test";

import { namedPlaces, paint, ticks, timeMarks } from "../../static/js/charts.js";

test("seconds are marked in steps of a clock, each many times the one before", () => {
  assert.deepEqual(ticks(0, "s"), [1, 10, 60]);
  assert.deepEqual(ticks(42, "s"), [1, 10, 60]);
  assert.deepEqual(ticks(600, "s"), [1, 10, 60, 600]);
  assert.deepEqual(ticks(601, "s"), [1, 10, 60, 600, 3600]);
  assert.ok(ticks(40 * 86400, "s").at(-1) >= 40 * 86400);
  assert.equal(ticks(1e9, "s").at(-1), ticks(1e8, "s").at(-1));
  assert.deepEqual(ticks(0.5, "s", 0.14), [0.1, 1, 10]);
  assert.deepEqual(ticks(90, "s", 0.001), [0.01, 0.1, 1, 10, 60, 600]);
  assert.deepEqual(ticks(0.5, "s", Infinity), [1, 10, 60]);
});

test("counts are marked in round whole numbers", () => {
  assert.deepEqual(ticks(3, "count"), [0, 1, 2, 3]);
  assert.deepEqual(ticks(16, "count"), [0, 5, 10, 15, 20]);
  assert.deepEqual(ticks(0, "count"), [0, 1]);
  assert.deepEqual(ticks(1100, "count"), [0, 500, 1000, 1500]);
});

test("money is marked in round amounts, also below a cent", () => {
  const written = (most) => ticks(most, "usd").map((mark) => mark.toFixed(4));
  assert.deepEqual(written(0.0031), ["0.0000", "0.0010", "0.0020", "0.0030", "0.0040"]);
  assert.deepEqual(written(12), ["0.0000", "5.0000", "10.0000", "15.0000"]);
  assert.deepEqual(written(0), ["0.0000", "0.0001"]);
});

test("the newest bucket always has its name, and names have room", () => {
  const places = (length) => [...Array(length).keys()];
  assert.deepEqual(namedPlaces(places(25), 9), [0, 3, 6, 9, 12, 15, 18, 21, 24]);
  assert.deepEqual(namedPlaces(places(13), 3), [2, 7, 12]);
  assert.deepEqual(namedPlaces(places(2), 0), [1]);
  assert.deepEqual(namedPlaces([3, 7, 11], 2), [3, 11]);
});

test("a week is marked at its midnights, by their day", () => {
  const starts = Array.from({ length: 29 }, (unused, place) => new Date(Date.UTC(2025, 10, 16, 21 + 6 * place)).toISOString());
  const { places, names } = timeMarks(starts, texts, 1200); // the first begins at 18:00 in São Paulo
  assert.deepEqual(places, [1, 5, 9, 13, 17, 21, 25]);
  assert.deepEqual(names, ["11/17", "11/18", "11/19", "11/20", "11/21", "11/22", "11/23"]);
  assert.deepEqual(timeMarks(starts, texts, 180).names, ["11/17", "11/20", "11/23"]);
});

test("names with a year have the room that they need", () => {
  const starts = Array.from({ length: 14 }, (unused, place) => new Date(Date.UTC(2025, 0, 28 * place, 3)).toISOString());
  assert.deepEqual(timeMarks(starts, texts, 180).names, ["06/17/2025", "12/30/2025"]);
});

const texts = { zone: "America/Sao_Paulo", language: "en", few_below: 20 };
const tones = { main: "#00f", quiet: "#888", good: "#0a0", text: "#444", surface: "#fff", band: "#eee", edge: "#999" };
const snapshot = {
  series: {
    starts: ["2025-11-23T15:00:00Z", "2025-11-23T16:00:00Z", "2025-11-23T17:00:00Z"],
    received: [4, 0, 2],
    resolved: [1, 2, 0],
    ttfr_p50: [6.25, null, 12],
    ttfr_p90: [9, null, 20],
    target_s: 30,
    unfinished: true,
  },
};
const line = {
  layout: {
    height: 280,
    xaxis: { type: "date" },
    yaxis: {},
    shapes: [{ type: "line", y0: 5, y1: 5, line: { dash: "dash" } }],
    annotations: [{ text: "target" }],
  },
  data: [{ type: "scatter", name: "Median", connectgaps: false, line: { width: 2 }, meta: { series: "ttfr_p50", unit: "s", tone: "main" } }],
};
const bar = {
  layout: { xaxis: {}, yaxis: {} },
  data: [{ type: "bar", name: "Received", meta: { series: "received", unit: "count", tone: "quiet" } }],
};
const drawn = (figure) => paint(figure, snapshot.series, texts, tones, 600);

test("a gap in the figures stays a gap", () => {
  const [trace] = drawn(line).data;
  assert.deepEqual(trace.y, [6.25, null, 12]);
  assert.equal(trace.connectgaps, false);
});

test("times and values are written by us, in the page's zone", () => {
  const { data, layout } = drawn(line);
  assert.equal(data[0].customdata[0].replaceAll("\u00a0", " "), "12:00 · Median: 6.3 s");
  assert.deepEqual(layout.xaxis.ticktext, ["12:00", "13:00", "14:00"]);
  assert.deepEqual(layout.yaxis.ticktext.map((text) => text.replaceAll("\u00a0", " ")), ["1 s", "10 s", "1 min"]);
});

test("what took no time at all is drawn on the lowest mark, and written as it was", () => {
  const series = { ...snapshot.series, ttfr_p50: [0, null, 4] };
  const [trace] = paint(line, series, texts, tones, 600).data;
  assert.deepEqual(trace.y, [1, null, 4]);
  assert.equal(trace.customdata[0].replaceAll("\u00a0", " "), "12:00 · Median: 0.0 s");
});

test("what takes parts of a second lies between marks of its own", () => {
  const series = { ...snapshot.series, ttfr_p50: [0.14, 0.4, 0.02], target_s: 0.5 };
  const { data, layout } = paint(line, series, texts, tones, 600);
  assert.deepEqual(data[0].y, [0.14, 0.4, 0.02]);
  assert.deepEqual(layout.yaxis.ticktext.map((text) => text.replaceAll("\u00a0", " ")), ["0.01 s", "0.1 s", "1 s"]);
  assert.ok(layout.yaxis.range[0] < Math.log10(0.02));
});

test("the unfinished bucket is marked by shape, not by colour alone", () => {
  assert.deepEqual(drawn(line).data[0].marker.symbol, ["circle", "circle", "circle-open"]);
  assert.deepEqual(drawn(bar).data[0].marker.pattern.shape, ["", "", "/"]);
  const band = drawn(bar).layout.shapes[0];
  assert.deepEqual([band.x0, band.x1], [1.5, 2.5]);
});

test("the target stands where it is promised now, and has its name in the legend", () => {
  const target = drawn(line).layout.shapes.at(-1); // over the band of the unfinished bucket
  assert.deepEqual([target.y0, target.y1, target.name.replaceAll("\u00a0", " "), target.showlegend], [30, 30, "target 30 s", true]);
});

test("a finished window has no mark", () => {
  const finished = { ...snapshot.series, unfinished: false };
  const { data, layout } = paint(bar, finished, texts, tones, 600);
  assert.deepEqual(data[0].marker.pattern.shape, ["", "", ""]);
  assert.deepEqual(layout.shapes, []);
});

const shares = {
  layout: { xaxis: {}, yaxis: {} },
  data: [{ type: "scatter", name: "Delivered", line: {}, meta: { series: "delivery_rate", unit: "rate", tone: "good" } }],
};
const ofShares = (values, n) => paint(shares, { ...snapshot.series, delivery_rate: values, n: { delivery_rate: n } }, texts, tones, 600);

test("shares have an axis that begins at a round share below all of them", () => {
  const marks = (...values) => ofShares(values, [1, 1, 1]).layout.yaxis.ticktext;
  assert.deepEqual(marks(0.97, null, 1), ["96%", "97%", "98%", "99%", "100%"]);
  assert.deepEqual(marks(0.91, 0.95, 1), ["90%", "92.5%", "95%", "97.5%", "100%"]);
  assert.deepEqual(marks(0.4, 0.95, 1), ["0%", "25%", "50%", "75%", "100%"]);
  assert.deepEqual(marks(null, null, null), ["96%", "97%", "98%", "99%", "100%"]);
});

test("a share says of how many it is one", () => {
  const [trace] = ofShares([0, null, 1], [1, 0, 1234]).data;
  assert.equal(trace.customdata[0].replaceAll("\u00a0", " "), "12:00 · Delivered: 0% (n = 1)");
  assert.equal(trace.customdata[2].replaceAll("\u00a0", " "), "14:00 · Delivered: 100% (n = 1,234)");
});

test("bars that are of no time are named by the edges between them", () => {
  const spread = { names: ["< 1 s", "1 s – 3 s", "≥ 3 s"], edges: ["1 s", "3 s"], spread: [2, 0, 1] };
  const figure = { layout: { xaxis: {}, yaxis: {} }, data: [{ type: "bar", name: "Issues", meta: { series: "spread", unit: "count", tone: "main" } }] };
  const { data, layout } = paint(figure, spread, texts, tones, 600);
  assert.deepEqual([layout.xaxis.tickvals, layout.xaxis.ticktext], [[0.5, 1.5], ["1 s", "3 s"]]);
  assert.equal(data[0].customdata[1], "1 s – 3 s · Issues: 0");
  assert.deepEqual(layout.shapes, []);
});

test("a share of a few is hollow, as it says little", () => {
  const series = { ...snapshot.series, unfinished: false, delivery_rate: [0, null, 1], n: { delivery_rate: [1, 0, 1234] } };
  assert.deepEqual(paint(shares, series, texts, tones, 600).data[0].marker.symbol, ["circle-open", "circle-open", "circle"]);
});
