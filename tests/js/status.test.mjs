import assert from "node:assert/strict";
import test from "node:test";

import { banners, isStale, words } from "../../static/js/status.js";

const FRESH = Date.parse("2025-11-23T17:32:00Z"); // 14:32 in São Paulo
const texts = {
  zone: "America/Sao_Paulo",
  phases: {
    live: "live",
    failing: "no figures since {time}",
    silent: "{age} ago",
    reconnecting: "reconnecting…",
    lost: "no connection since {time}",
    ended: "session ended",
  },
};
const said = (phase, failing = false) => words({ phase, failing, freshAt: FRESH }, FRESH + 23_400, texts);

test("each state of the line is said in words", () => {
  assert.equal(said("live").text, "live");
  assert.equal(said("silent").text, "23\u00a0s ago");
  assert.equal(said("lost").text, "no connection since 14:32");
});

test("a line without figures is not called live", () => {
  assert.deepEqual([said("live", true).phase, said("live", true).text], ["failing", "no figures since 14:32"]);
});

test("what passes by itself or counts seconds is not read out", () => {
  assert.equal(said("silent").spoken, null);
  assert.equal(said("reconnecting").spoken, null);
  assert.equal(said("ended").spoken, "session ended");
});

test("live and dead lines differ in shape too", () => {
  assert.notEqual(said("live").icon, said("lost").icon);
  assert.notEqual(said("live").icon, said("silent").icon);
});

test("one banner at most says what is wrong", () => {
  const up = (phase, failing) => Object.entries(banners({ phase, failing })).filter(([, shown]) => shown).map(([name]) => name);
  assert.deepEqual(up("live", false), []);
  assert.deepEqual(up("reconnecting", false), []);
  assert.deepEqual(up("lost", false), ["old"]);
  assert.deepEqual(up("silent", true), ["failing"]);
  assert.deepEqual(up("ended", true), ["ended"]);
});

test("what is old, cannot be measured or has ended is stale; a line that is just coming back is not", () => {
  const stale = (phase, failing = false) => isStale({ phase, failing });
  assert.deepEqual(["silent", "lost", "ended"].map((phase) => stale(phase)), [true, true, true]);
  assert.deepEqual([stale("live"), stale("reconnecting"), stale("live", true)], [false, false, true]);
});
