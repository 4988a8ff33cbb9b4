import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import * as format from "../../static/js/format.js";

const examples = JSON.parse(readFileSync(new URL("format.json", import.meta.url)));
const ZONE = "America/Sao_Paulo";

const call = {
  duration: format.duration,
  age: format.age,
  rate: format.rate,
  money: format.money,
  stars: format.stars,
  count: format.count,
  time: (iso) => format.time(iso, ZONE),
  day: (iso, lang) => format.day(iso, ZONE, lang),
  date: (iso, lang) => format.date(iso, ZONE, lang),
};

for (const lang of ["pt-br", "en"]) {
  for (const example of examples) {
    test(`${example.format} of ${example.value} is "${example[lang]}" in ${lang}`, () => {
      assert.equal(call[example.format](example.value, lang), example[lang]);
    });
  }
}

test("a figure is cut into numbers and units", () => {
  assert.deepEqual(
    format.pieces("≥ 1 min 20 s").map((piece) => (piece.number ? `[${piece.text}]` : piece.text)),
    ["≥ ", "[1]", " min ", "[20]", " s"],
  );
  assert.deepEqual(format.pieces("US$ 1.234,50").at(-1), { text: "1.234,50", number: true });
  assert.deepEqual(format.pieces("—"), [{ text: "—", number: false }]);
});

test("a measure is written in its unit, and an unknown unit is a count", () => {
  assert.equal(format.measure(0.5, "rate", "en"), "50.0%");
  assert.equal(format.measure(1200, "tokens", "en"), "1,200");
});

test("a blank without a value is left standing", () => {
  assert.equal(format.fill("há {age} de {what}", { age: "3 s" }), "há 3 s de {what}");
});
