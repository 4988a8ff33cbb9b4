import assert from "node:assert/strict";
import test from "node:test";

import { ask } from "../../static/js/ask.js";
import { DOUBT_MS, Freshness, JUMP_MS, OLD_MS } from "../../static/js/freshness.js";
import { isNight } from "../../static/js/night.js";
import { Reload, mayReload } from "../../static/js/reload.js";
import { MINUTE_MS, place, shift } from "../../static/js/shift.js";
import { Takeover, isShown } from "../../static/js/takeover.js";
import { next } from "../../static/js/wall-pairing.js";
import { at } from "../../static/js/wall-render.js";

const T0 = Date.parse("2026-11-20T13:00:00.000Z");
const iso = (ms) => new Date(ms).toISOString();

/** A screen whose clock is `wrongMs` off, and a server that is right. `pass` lets time go by for both; `sleep` for the server only. */
function screenWith({ wrongMs = 0, countsInSleep = false } = {}) {
  const time = { counted: 5000, server: T0, telling: T0 + wrongMs };
  const freshness = new Freshness({ counting: () => time.counted, telling: () => time.telling });
  const move = (ms, counted) => {
    time.server += ms;
    time.telling += ms;
    time.counted += counted;
  };
  return {
    freshness,
    time,
    pass: (ms) => move(ms, ms),
    sleep: (ms) => move(ms, countsInSleep ? ms : 0),
    heard: (delayMs = 0) => freshness.heard(iso(time.server - delayMs)),
  };
}

for (const wrongMs of [0, -3_600_000, 86_400_000, -10 * 365 * 86_400_000]) {
  test(`a clock that is ${wrongMs} ms off makes figures neither older nor newer`, () => {
    const { freshness, time, pass, heard } = screenWith({ wrongMs });
    heard();
    pass(1000);
    assert.equal(freshness.tick(), false);
    assert.equal(freshness.age(), 1000);
    assert.equal(freshness.now(), time.server);
    pass(120_000 - 1000);
    assert.equal(freshness.age(), 120_000);
    assert.ok(freshness.age() >= OLD_MS);
  });
}

test("before any figures there is no age", () => {
  assert.equal(screenWith().freshness.age(), null);
});

test("figures that were old when they came are as old as they are", () => {
  const { freshness, pass, heard } = screenWith();
  heard();
  pass(60_000);
  heard(30_000);
  assert.equal(freshness.age(), 30_000);
});

test("a clock that is set while the page runs is in doubt for a moment, and then of no account", () => {
  const { freshness, time, pass, heard } = screenWith();
  heard();
  time.telling += 7_200_000;
  pass(1000);
  assert.equal(freshness.tick(), true);
  assert.equal(freshness.inDoubt, true);
  assert.equal(freshness.age(), 1000);
  heard();
  assert.equal(freshness.inDoubt, false);
  pass(DOUBT_MS);
  assert.equal(freshness.tick(), false);
  assert.equal(freshness.age(), DOUBT_MS);
  assert.equal(freshness.now(), time.server);
});

test("a clock that is set back changes nothing", () => {
  const { freshness, time, pass, heard } = screenWith();
  heard();
  time.telling -= 7_200_000;
  pass(1000);
  assert.equal(freshness.tick(), false);
  assert.equal(freshness.age(), 1000);
});

test("after a sleep that stopped the counting, figures are as old as the sleep was long", () => {
  const { freshness, time, pass, sleep, heard } = screenWith({ wrongMs: 99_000_000 });
  heard();
  sleep(3_600_000);
  assert.equal(freshness.tick(), true);
  pass(DOUBT_MS);
  assert.equal(freshness.tick(), false);
  assert.equal(freshness.age(), 3_600_000 + DOUBT_MS);
  assert.equal(freshness.now(), time.server);
  heard();
  assert.equal(freshness.age(), 0);
});

test("a sleep that was counted is noticed too", () => {
  const { freshness, pass, sleep, heard } = screenWith({ countsInSleep: true });
  heard();
  pass(JUMP_MS - 1);
  assert.equal(freshness.tick(), false);
  sleep(JUMP_MS);
  assert.equal(freshness.tick(), true);
  assert.equal(freshness.age(), 2 * JUMP_MS - 1);
});

test("a server whose clock is set back is believed at once", () => {
  const { freshness, time, pass, heard } = screenWith();
  heard();
  time.server -= 3_600_000;
  pass(1000);
  heard();
  assert.equal(freshness.age(), 0);
  assert.equal(freshness.now(), time.server);
});

test("it remembers no more however long it runs", () => {
  const { freshness, pass, heard } = screenWith();
  for (let times = 0; times < 1000; times += 1) {
    pass(5000);
    heard();
    freshness.tick();
  }
  assert.equal(freshness.offsets.length, 20);
});

// --- The alert that takes over

test("an alert is shown for 20 s of each minute, and for 20 s of each five after ten", () => {
  const shown = [0, 19_999, 60_000, 599_999 - 40_000, 600_000, 900_000].map(isShown);
  assert.deepEqual(shown, [true, true, true, true, true, true]);
  const hidden = [20_000, 59_999, 599_999, 620_000, 660_000, 899_999].map(isShown);
  assert.deepEqual(hidden, [false, false, false, false, false, false]);
});

test("in no five minutes does it cover the figures for more than a third of the time", () => {
  for (let start = 0; start < 3_600_000; start += 60_000) {
    const seconds = Array.from({ length: 300 }, (_, second) => isShown(start + second * 1000));
    assert.ok(seconds.filter(Boolean).length <= 100, `${start}`);
  }
});

test("another alert begins anew, and one that ends is gone at once", () => {
  const shown = {};
  const takeover = new Takeover(shown);
  takeover.show({ id: "a", takes_over: true }, 1000);
  assert.equal(shown.hidden, false);
  takeover.show({ id: "a", takes_over: true }, 31_000);
  assert.equal(shown.hidden, true);
  takeover.show({ id: "b", takes_over: true }, 32_000);
  assert.equal(shown.hidden, false);
  takeover.show(null, 33_000);
  assert.equal(shown.hidden, true);
  takeover.show({ id: "b", takes_over: false }, 34_000);
  assert.equal(shown.hidden, true);
});

// --- Pixels and nights

test("the page moves each minute, by three pixels at most, and comes round", () => {
  const places = Array.from({ length: 9 }, (_, minute) => place(minute));
  assert.equal(new Set(places.map(({ x, y }) => `${x},${y}`)).size, 9);
  assert.ok(places.every(({ x, y }) => Math.abs(x) <= 3 && Math.abs(y) <= 3));
  assert.deepEqual(place(9), place(0));
});

test("it is moved only when its place has changed", () => {
  let written = 0;
  let transform = "";
  const stage = {
    style: {
      get transform() {
        return transform;
      },
      set transform(value) {
        transform = value;
        written += 1;
      },
    },
  };
  shift(stage, MINUTE_MS);
  shift(stage, MINUTE_MS + 59_000);
  assert.equal(written, 1);
  assert.equal(transform, "translate(3px, 0px)");
});

test("night goes over midnight, and needs a beginning and an end", () => {
  const night = (time) => isNight(time, "22:00", "06:00");
  assert.deepEqual(["21:59", "22:00", "03:00", "05:59", "06:00"].map(night), [false, true, true, true, false]);
  assert.deepEqual(["00:59", "01:00", "05:00"].map((time) => isNight(time, "01:00", "05:00")), [false, true, false]);
  assert.equal(isNight("03:00", "", ""), false);
  assert.equal(isNight("03:00", "03:00", "03:00"), false);
});

// --- Loading the page anew

const MINUTE = 60_000;

test("an edition is loaded once, and not again for ten minutes if that did not help", () => {
  const before = [{ reason: "edition:b", at: T0 }];
  assert.equal(mayReload([], "edition:b", T0, MINUTE), true);
  assert.equal(mayReload(before, "edition:b", T0 + 9 * MINUTE, MINUTE), false);
  assert.equal(mayReload(before, "edition:c", T0 + MINUTE, MINUTE), true);
  assert.equal(mayReload(before, "edition:b", T0 + 10 * MINUTE, MINUTE), true);
});

test("six in ten minutes are the most, whatever the reasons", () => {
  const before = Array.from({ length: 6 }, (_, n) => ({ reason: `edition:${n}`, at: T0 + n }));
  assert.equal(mayReload(before, "edition:x", T0 + MINUTE, MINUTE), false);
  assert.equal(mayReload(before, "ended", T0 + MINUTE, MINUTE), false);
  assert.equal(mayReload(before, "ended", T0 + 11 * MINUTE, MINUTE), true);
});

test("a page that has only just come is left alone, even where nothing can be remembered", () => {
  assert.equal(mayReload([], "edition:b", T0, 19_999), false);
  assert.equal(mayReload([], "stale", T0, 59_999), false);
  assert.equal(mayReload([], "ended", T0, 2_999), false);
});

test("what a wrong clock noted of the future does not count", () => {
  assert.equal(mayReload([{ reason: "edition:b", at: T0 + 99 * MINUTE }], "edition:b", T0, MINUTE), true);
});

class Memory {
  kept = {};
  getItem(key) {
    return this.kept[key] ?? null;
  }
  setItem(key, value) {
    this.kept[key] = value;
  }
}

function reloading({ up = true, storage = new Memory() } = {}) {
  const seen = { asked: 0, went: 0, standing: 30_000, up };
  const reload = new Reload({
    answers: async () => {
      seen.asked += 1;
      return seen.up;
    },
    go: () => (seen.went += 1),
    standing: () => seen.standing,
    storage,
    now: () => T0 + seen.standing,
  });
  return { reload, seen };
}

test("it is never loaded while the server would not answer", async () => {
  const { reload, seen } = reloading({ up: false });
  for (let second = 0; second < 9; second += 1) {
    seen.standing += 1000;
    await reload.want("edition:b");
  }
  assert.equal(seen.went, 0);
  assert.equal(seen.asked, 3); // every three seconds
  seen.up = true;
  seen.standing += 3000;
  await reload.want("edition:b");
  assert.equal(seen.went, 1);
});

test("a server that always has another edition does not make it load for ever", async () => {
  const storage = new Memory();
  let went = 0;
  for (let minute = 0; minute < 10; minute += 1) {
    const { reload, seen } = reloading({ storage });
    seen.standing = 30_000 + minute * MINUTE;
    await reload.want(`edition:${minute % 2}`);
    went += seen.went;
  }
  assert.equal(went, 2);
});

test("storage that is switched off is no error", async () => {
  const broken = { getItem: () => { throw new Error("off"); }, setItem: () => { throw new Error("off"); } };
  const { reload, seen } = reloading({ storage: broken });
  await reload.want("edition:b");
  assert.equal(seen.went, 1);
});

// --- A screen that is not in use yet

test("it opens when it may, and asks for another code when its own is worthless", () => {
  assert.equal(next("shown", "waiting", 1000), "open");
  assert.equal(next("waiting", "waiting", 1000), "wait");
  assert.equal(next("unknown", "waiting", 1000), "renew"); // the code has expired in sleep, or has given way
  assert.equal(next("unknown", "waiting", 0), "open");
  assert.equal(next(null, "waiting", 0), "wait");
});

test("a page without a code asks for one when its minute is over, and not before", () => {
  assert.equal(next("unknown", "unknown", 1000), "wait");
  assert.equal(next("unknown", "unknown", 0), "open");
  assert.equal(next("shown", "unknown", 1000), "open");
});

test("a browser that is never known asks for a code once a minute at most", () => {
  assert.equal(mayReload([], "code", T0, 29_999), false);
  assert.equal(mayReload([], "code", T0, 30_000), true);
  assert.equal(mayReload([{ reason: "code", at: T0 }], "code", T0 + 59_999, 40_000), false);
  assert.equal(mayReload([{ reason: "code", at: T0 }], "code", T0 + 60_000, 40_000), true);
});

test("where figures could not be read it tries again, but not at every turn", () => {
  assert.equal(next("shown", "away", 1000), "wait");
  assert.equal(next("shown", "away", 0), "open");
  assert.equal(next("unknown", "away", 0), "open");
  assert.equal(next(null, "away", -9000), "wait");
});

test("a place is found by its path, and what is not there is undefined", () => {
  const snapshot = { systems: [{ word: "conectado" }], alert: null };
  assert.equal(at(snapshot, "systems.0.word"), "conectado");
  assert.equal(at(snapshot, "systems.5.word"), undefined);
  assert.equal(at(snapshot, "alert.title"), undefined);
});

test("what is no answer of ours is none: an error, a page of a proxy, a line that hangs", async () => {
  const answered = (ok, json) => ({ request: async () => ({ ok, json }) });
  assert.equal(await ask("/wall/state", answered(true, async () => ({ state: "shown" }))), "shown");
  assert.equal(await ask("/wall/state", answered(false, async () => ({ state: "away" }))), null);
  assert.equal(await ask("/wall/state", answered(true, async () => JSON.parse("<html>"))), null);
  const hangs = (address, { signal }) => new Promise((resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  assert.equal(await ask("/wall/state", { request: hangs, patienceMs: 5 }), null);
});
