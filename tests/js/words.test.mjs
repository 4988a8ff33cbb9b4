import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import * as series from "../../static/js/series.js";
import * as standing from "../../static/js/standing.js";
import * as words from "../../static/js/words.js";

const read = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url)));
const examples = read("words.json");
const texts = { ...read("texts.json"), language: "en", zone: "America/Sao_Paulo" };

const say = {
  cards: ({ kpi, given, window = "24h" }) => words.card(given, kpi, window, texts),
  now_cells: ({ given }) => words.nowCells(given, texts),
  deadlines: ({ given }) => words.deadlines(given, texts),
  narrowed: ({ given }) => words.narrowed(given, texts),
  events: ({ given }) => words.event(given, texts),
  labels: ({ given }) => series.labels(given, texts),
  summaries: ({ given }) =>
    Object.fromEntries(Object.entries(series.summaries).map(([name, sum]) => [name, sum(given, texts)])),
  systems: ({ given }) => standing.systems(given, texts),
  alerts: ({ given }) => standing.alert(given, texts),
};

for (const [group, members] of Object.entries(examples)) {
  for (const example of members) {
    test(`${group}: ${example.name}`, () => assert.deepEqual(say[group](example), example.says));
  }
}
