import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const css = readFileSync(new URL("../../static/css/tokens.css", import.meta.url), "utf8");

/** The colours set in the block that `selector` opens, by name. */
function colours(selector) {
  const start = css.indexOf(`${selector} {`);
  assert.notEqual(start, -1, selector);
  const block = css.slice(start, css.indexOf("\n}", start) + 1 || undefined).split("}")[0];
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]));
}

const light = colours(":root");
const dark = colours(':root[data-theme="dark"]');

/** WCAG 2 contrast of two colours, 1 to 21. */
function contrast(one, other) {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const share = parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

const TEXT = [
  ...["ink", "ink-soft", "accent"].flatMap((text) => ["ground", "surface", "sunken"].map((ground) => [text, ground])),
  ...["good", "warn", "bad", "none"].flatMap((state) => [[state, `${state}-ground`], [state, "surface"]]),
  ...["warn-ground", "bad-ground", "accent-ground"].map((ground) => ["ink", ground]),
  ["on-accent", "accent"],
  ...["heat-0", "heat-1", "heat-2", "heat-3"].map((shade) => ["ink", shade]),
  ...["heat-4", "heat-5"].map((shade) => ["on-heat", shade]),
];
const GRAPHICS = [
  ...["chart-main", "chart-warn", "chart-good", "chart-quiet"].map((tone) => [tone, "surface"]),
  ...["ground", "surface", "sunken"].flatMap((ground) => [["edge", ground], ["focus", ground]]),
];

for (const [name, theme] of Object.entries({ light, dark })) {
  for (const [pairs, least] of [[TEXT, 4.5], [GRAPHICS, 3]]) {
    for (const [front, back] of pairs) {
      test(`${front} on ${back} has a contrast of ${least} in the ${name} theme`, () => {
        const found = contrast(theme[front], theme[back]);
        assert.ok(found >= least, `${found.toFixed(2)}`);
      });
    }
  }
}

test("dark by the system and dark by choice are the same", () => {
  assert.deepEqual(colours(':root:not([data-theme="light"])'), dark);
});

test("both themes set the same colours", () => {
  assert.deepEqual(Object.keys(dark), Object.keys(light));
});
