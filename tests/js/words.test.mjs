import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import * as standing from "../../static/js/standing.js";
import * as words from "../../static/js/words.js";

const read = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url)));
const examples = read("words.json");
const texts = { ...read("texts.json"), language: "en", zone: "America/Sao_Paulo" };

const say = {
  cards: ({ kpi, given }) => words.card(given, kpi, texts),
  now_cells: ({ given }) => words.nowCells(given, texts),
  deadlines: ({ given }) => words.deadlines(given, texts),
  events: ({ given }) => words.event(given, texts),
  summaries: ({ given, window }) => ({
    volume: words.summaries.volume(given, window, texts),
    ttfr: words.summaries.ttfr(given, window, texts),
  }),
  systems: ({ given }) => standing.systems(given, texts),
  alerts: ({ given }) => standing.alert(given, texts),
  rows: ({ given, window }) => words.seriesRows(given, window, texts),
};

for (const [group, members] of Object.entries(examples)) {
  for (const example of members) {
    test(`${group}: ${example.name}`, () => assert.deepEqual(say[group](example), example.says));
  }
}
