import assert from "node:assert/strict";
import test from "node:test";

import { path } from "../../static/js/sparks.js";

test("a line goes from its lowest to its highest value over the whole box", () => {
  assert.equal(path([0, 5, 10]), "M0 18L50 10L100 2");
});

test("what does not change is a line in the middle", () => {
  assert.equal(path([3, 3]), "M0 10L100 10");
});

test("a gap stays a gap, and a value alone is a dot", () => {
  assert.equal(path([0, null, 10, null, 0, 10]), "M0 18h.01M40 2h.01M80 18L100 2");
});

test("of fewer than two values there is nothing to draw", () => {
  for (const values of [[], [null, null], [null, 4, null]]) assert.equal(path(values), "");
});
