import assert from "node:assert/strict";
import test from "node:test";

import { Live, backoff, begin, step } from "../../static/js/live.js";

const HALF = 0.5;
const after = (state, ...events) =>
  events.reduce(([current], [event, now]) => step(current, event, now, HALF), [state, []]);

const heard = { type: "heard" };
const tick = { type: "tick" };
const closed = { type: "closed", code: 1006 };

test("the first word makes the page live", () => {
  const [state] = after(begin(0), [{ type: "opened" }, 100], [heard, 150]);
  assert.equal(state.phase, "live");
  assert.equal(state.heardAt, 150);
});

test("a line is live until it was silent for 12 s", () => {
  const live = after(begin(0), [heard, 0])[0];
  assert.equal(after(live, [tick, 11_999])[0].phase, "live");
  assert.equal(after(live, [tick, 12_000])[0].phase, "silent");
});

test("a word ends the silence", () => {
  assert.equal(after(begin(0), [heard, 0], [tick, 13_000], [heard, 14_000])[0].phase, "live");
});

test("a line that is silent for 24 s is dropped and tried again", () => {
  const [state, commands] = after(begin(0), [heard, 0], [tick, 12_000], [tick, 24_000]);
  assert.equal(state.phase, "lost");
  assert.deepEqual(commands, ["drop", { wait: backoff(1, HALF) }]);
});

test("a closed line is tried again, and called lost when 15 s went by unheard", () => {
  const [state, commands] = after(begin(0), [heard, 0], [closed, 1000]);
  assert.equal(state.phase, "reconnecting");
  assert.deepEqual(commands, [{ wait: 1000 }]);
  assert.equal(after(state, [tick, 14_999])[0].phase, "reconnecting");
  assert.equal(after(state, [tick, 15_000])[0].phase, "lost");
});

test("when the wait is over one connection is made", () => {
  const [state, commands] = after(begin(0), [heard, 0], [closed, 1000], [{ type: "due" }, 2000]);
  assert.deepEqual(commands, ["drop", "connect"]);
  assert.equal(state.triedAt, 2000);
});

test("an attempt that takes 10 s is given up", () => {
  const [state, commands] = after(begin(0), [tick, 10_000]);
  assert.equal(state.attempt, 1);
  assert.deepEqual(commands, ["drop", { wait: 1000 }]);
});

test("waits grow to between 0.5 and 5 s, and a word begins them anew", () => {
  assert.deepEqual([backoff(1, 0), backoff(1, 1), backoff(2, 1), backoff(9, 0), backoff(9, 1)], [500, 1500, 2500, 500, 5000]);
  const tried = after(begin(0), [closed, 10], [{ type: "due" }, 20], [closed, 30])[0];
  assert.equal(tried.attempt, 2);
  assert.equal(after(tried, [heard, 40])[0].attempt, 0);
});

test("an ended session is final", () => {
  const [ended, commands] = after(begin(0), [heard, 0], [{ type: "closed", code: 4401 }, 1000]);
  assert.equal(ended.phase, "ended");
  assert.deepEqual(commands, []);
  assert.deepEqual(after(ended, [{ type: "visible" }, 9000]), [ended, []]);
});

test("a page hidden for five minutes hangs up, and calls again when it is seen", () => {
  const hidden = after(begin(0), [heard, 0], [{ type: "hidden" }, 0], [heard, 299_000])[0];
  const [paused, hangUp] = after(hidden, [tick, 300_000]);
  assert.equal(paused.phase, "paused");
  assert.deepEqual(hangUp, ["drop"]);
  const [back, commands] = after(paused, [{ type: "visible" }, 900_000]);
  assert.equal(back.phase, "reconnecting");
  assert.deepEqual(commands, ["drop", "connect"]);
});

test("a page seen again on a good line leaves it alone", () => {
  const [state, commands] = after(begin(0), [heard, 0], [{ type: "hidden" }, 10], [{ type: "visible" }, 5000]);
  assert.equal(state.phase, "live");
  assert.deepEqual(commands, []);
});

test("a network that returns is used at once, but not while the line is good", () => {
  const live = after(begin(0), [heard, 0])[0];
  assert.deepEqual(after(live, [{ type: "online" }, 100])[1], []);
  assert.deepEqual(after(live, [closed, 100], [{ type: "online" }, 200])[1], ["drop", "connect"]);
});

test("a server that cannot measure is live and failing until it can again", () => {
  const failing = after(begin(0), [{ type: "heard", failing: true }, 10])[0];
  assert.deepEqual([failing.phase, failing.failing], ["live", true]);
  assert.equal(failing.freshAt, 0);
  const well = after(failing, [heard, 20])[0];
  assert.deepEqual([well.failing, well.freshAt], [false, 20]);
});

/** Stands for the browser: sockets that tests answer, and timers that tests let pass. */
function browser() {
  const made = { sockets: [], timers: [], snapshots: [], nowMs: 0 };
  made.Socket = class {
    constructor(url) {
      Object.assign(this, { url, sent: [], isClosed: false, readyState: 1 });
      made.sockets.push(this);
    }
    send(text) {
      this.sent.push(JSON.parse(text));
    }
    close() {
      this.isClosed = true;
    }
    says(message) {
      this.onmessage({ data: JSON.stringify(message) });
    }
  };
  made.clock = {
    now: () => made.nowMs,
    after: (ms, act) => made.timers.push({ ms, act }),
    cancel: (timer) => timer && delete made.timers[timer - 1],
  };
  made.live = new Live({
    url: "ws://host/ws/performance/?window=24h",
    Socket: made.Socket,
    clock: made.clock,
    chance: () => 0,
    heard: (snapshot) => made.snapshots.push(snapshot.seq),
    changed: () => {},
  });
  made.live.start();
  return made;
}

test("every snapshot is acknowledged and an old one is not shown", () => {
  const page = browser();
  page.sockets[0].says({ seq: 4 });
  page.sockets[0].says({ seq: 3 });
  page.sockets[0].says({ seq: 5 });
  assert.deepEqual(page.timers.map(({ ms }) => ms), [0, 0, 0]);
  for (const { act } of page.timers) act();
  assert.deepEqual(page.sockets[0].sent, [{ seq: 4 }, { seq: 3 }, { seq: 5 }]);
  assert.deepEqual(page.snapshots, [4, 5]);
});

test("a line that has ended meanwhile is acknowledged nothing", () => {
  const page = browser();
  page.sockets[0].says({ seq: 4 });
  page.sockets[0].readyState = 3;
  for (const { act } of page.timers) act();
  assert.deepEqual(page.sockets[0].sent, []);
});

test("after a restart of the server its new numbers count", () => {
  const page = browser();
  page.sockets[0].says({ seq: 900 });
  page.sockets[0].onclose({ code: 1006 });
  page.timers.at(-1).act();
  page.sockets[1].says({ seq: 1 });
  assert.deepEqual(page.snapshots, [900, 1]);
});

test("an error of the server is no snapshot", () => {
  const page = browser();
  page.sockets[0].says({ error: "unavailable" });
  assert.deepEqual(page.snapshots, []);
  assert.equal(page.live.state.failing, true);
});

test("a dropped line is closed and no longer heard", () => {
  const page = browser();
  page.sockets[0].says({ seq: 1 });
  page.nowMs = 30_000;
  page.live.tell({ type: "tick" });
  page.live.tell({ type: "tick" });
  assert.equal(page.sockets[0].isClosed, true);
  assert.equal(page.sockets[0].onmessage, null);
  assert.equal(page.timers.at(-1).ms, 500);
});
