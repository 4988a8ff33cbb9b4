import assert from "node:assert/strict";
import { test } from "node:test";

import { AFTER_MS, APART_MS, fingerprint, inHand, LONGEST_MS, Refresher } from "../../static/js/urgent.js";

const snapshot = (breached = 0, seq = 1) => ({
  seq,
  as_of: "2026-11-20T13:00:00Z",
  now: { open: 3, waiting: 1, waiting_since: "x", at_risk: 0, breached, escalated_unassigned: 0, thinking: seq },
  sla: { high: { first_response: { at_risk: 0, breached, next_deadlines: [] } } },
});

/** A refresher with a clock that is moved by hand, and what it did. */
function set(load = async () => "news") {
  const clock = { at: 10_000, planned: [], now: () => clock.at, after: (ms, act) => clock.planned.push([ms, act]) };
  const did = { shown: [], waiting: [], busy: false };
  const refresher = new Refresher({
    load, clock, show: (html) => did.shown.push(html), isBusy: () => did.busy, waiting: (yes) => did.waiting.push(yes),
  });
  const pass = async () => {
    const [ms, act] = clock.planned.shift();
    clock.at += ms;
    await act();
    return ms;
  };
  return { clock, did, refresher, pass };
}

test("what moves without changing the list is no news", () => {
  assert.equal(fingerprint(snapshot(0, 1)), fingerprint(snapshot(0, 2)));
  assert.notEqual(fingerprint(snapshot(0)), fingerprint(snapshot(1)));
});

test("many changes are one fetch, and fetches lie apart", async () => {
  const { clock, did, refresher, pass } = set();
  refresher.heard(snapshot(1));
  refresher.heard(snapshot(2));
  assert.equal(clock.planned.length, 1);
  assert.equal(await pass(), APART_MS);
  assert.deepEqual(did.shown, ["news"]);
  refresher.heard(snapshot(2));
  assert.equal(clock.planned.length, 0);
  refresher.heard(snapshot(3));
  assert.equal(clock.planned[0][0], APART_MS);
});

test("a change just before a fetch is fetched once more, as the server may give what it read before", async () => {
  const { clock, did, refresher, pass } = set();
  refresher.heard(snapshot(1));
  clock.at += APART_MS - 100;
  refresher.heard(snapshot(2));
  clock.planned[0][0] = 100;
  await pass();
  assert.equal(await pass(), APART_MS);
  assert.deepEqual([did.shown.length, clock.planned.length], [2, 0]);
});

test("what no number tells is fetched now and then", async () => {
  const { clock, refresher, pass } = set();
  refresher.heard(snapshot());
  await pass();
  clock.at += LONGEST_MS;
  refresher.heard(snapshot());
  assert.deepEqual(clock.planned.map(([ms]) => ms), [AFTER_MS]);
  assert.ok(AFTER_MS > 1000); // as long as the server keeps what it has read (`urgent.lately`)
});

test("who has a form open is not disturbed, and sees the news afterwards", async () => {
  const { did, refresher, pass } = set();
  did.busy = true;
  refresher.heard(snapshot());
  await pass();
  assert.deepEqual([did.shown, did.waiting], [[], [true]]);
  did.busy = false;
  refresher.freed();
  refresher.freed();
  assert.deepEqual([did.shown, did.waiting], [["news"], [true, false]]);
});

test("what could not be fetched is fetched with the next snapshot", async () => {
  let fails = true;
  const { clock, did, refresher, pass } = set(async () => {
    if (fails) throw new Error("503");
    return "news";
  });
  refresher.heard(snapshot());
  await pass();
  fails = false;
  refresher.heard(snapshot());
  assert.equal(clock.planned.length, 1);
  await pass();
  assert.deepEqual(did.shown, ["news"]);
});

test("who has a form open, the keyboard in the list or the mouse over it works on it", () => {
  const button = {};
  const list = (has) => ({
    querySelector: (what) => (what === "details[open]" && has === "form" ? {} : null),
    contains: (element) => element === button,
    matches: (what) => what === ":hover" && has === "mouse",
  });
  assert.equal(inHand(list(), null, true), false);
  assert.equal(inHand(list("form"), null, true), true);
  assert.equal(inHand(list(), button, true), true);
  assert.equal(inHand(list("mouse"), null, true), true);
  assert.equal(inHand(list("mouse"), null, false), false); // a finger hovers over what it touched last
});
