import assert from "node:assert/strict";
import test from "node:test";

import { ServerClock, countdown, since } from "../../static/js/clocks.js";

const texts = { due_in: "in {time}", due_soon: "at risk: in {time}", overdue: "{time} late" };
const NOW = Date.parse("2025-11-23T17:00:00Z");
const plain = (text) => text.replaceAll("\u00a0", " ");

test("a waiting time counts up in whole seconds", () => {
  assert.equal(plain(since("2025-11-23T16:58:39.900Z", NOW)), "1 min 20 s");
});

test("nobody waiting has no waiting time", () => {
  assert.equal(since("", NOW), "—");
});

test("a deadline counts down, and up again once it has passed", () => {
  const at = (iso) => plain(countdown(iso, NOW, texts).text);
  assert.equal(at("2025-11-23T17:00:11.200Z"), "in 12 s");
  assert.equal(at("2025-11-23T17:00:00Z"), "0 s late");
  assert.equal(at("2025-11-23T16:58:40Z"), "1 min 20 s late");
  assert.equal(countdown("2025-11-23T17:00:00.001Z", NOW, texts).overdue, false);
  assert.equal(countdown("2025-11-23T17:00:00Z", NOW, texts).overdue, true);
});

test("a deadline is at risk from its own moment on, and no longer once it has passed", () => {
  const at = (risk, due) => plain(countdown(due, NOW, texts, risk).text);
  assert.equal(at("2025-11-23T17:00:00.001Z", "2025-11-23T17:00:12Z"), "in 12 s");
  assert.equal(at("2025-11-23T17:00:00Z", "2025-11-23T17:00:12Z"), "at risk: in 12 s");
  assert.equal(at("2025-11-23T16:00:00Z", "2025-11-23T16:59:57Z"), "3 s late");
});

test("the server's time is taken from the message least delayed", () => {
  let local = NOW;
  const clock = new ServerClock(() => local);
  assert.equal(clock.now(), NOW);
  clock.heard("2025-11-23T17:00:59.500Z"); // 59.5 s ahead, as it came 0.5 s late
  clock.heard("2025-11-23T17:01:00Z"); // 60 s ahead, at once
  clock.heard("2025-11-23T17:00:57Z"); // 3 s late
  assert.equal(clock.now() - NOW, 60_000);
  local += 1000;
  assert.equal(clock.now() - NOW, 61_000);
});
