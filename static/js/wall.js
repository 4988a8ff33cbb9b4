// The page of a wall: what the server wrote, kept fresh for weeks without anybody near it.
import { ask } from "./ask.js";
import { age, fill } from "./format.js";
import { Freshness, OLD_MS } from "./freshness.js";
import { Live } from "./live.js";
import { isNight } from "./night.js";
import { Reload } from "./reload.js";
import { shift } from "./shift.js";
import { Takeover } from "./takeover.js";
import { renderer, set, write } from "./wall-render.js";

const HELPLESS_MS = 60_000; // old for this long though the server answers: the page itself may be what is wrong

const body = document.body;
const { zone, edition, stateAt, worker, nightFrom, nightUntil, asOf } = body.dataset;
const place = (name) => document.querySelector(`[data-${name}]`);
const [stage, clock, fresh, stale] = ["stage", "clock", "fresh", "stale"].map(place);
const running = [...document.querySelectorAll("[data-since]")];

const timed = (parts) => {
  const format = new Intl.DateTimeFormat("pt-BR", { ...parts, hourCycle: "h23", timeZone: zone });
  return (at) => format.format(at);
};
const minutes = timed({ hour: "2-digit", minute: "2-digit" });
const seconds = timed({ hour: "2-digit", minute: "2-digit", second: "2-digit" });

const freshness = new Freshness();
const takeover = new Takeover(place("takeover"));
const render = renderer(stage);
const reload = new Reload({ answers: async () => (await ask(stateAt)) !== null, go: () => location.reload(), standing: () => performance.now() });
let alert = null;
let present = edition; // the edition that the server has

const live = new Live({
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/wall/?edition=${edition}&size=${screen.width}x${screen.height}`,
  heard(snapshot) {
    render(snapshot);
    alert = snapshot.alert;
    present = snapshot.edition;
    freshness.heard(snapshot.as_of);
    show();
  },
  changed: () => {},
  clock: { now: () => performance.now(), after: (ms, act) => setTimeout(act, ms), cancel: (timer) => clearTimeout(timer) },
});

function show() {
  const now = freshness.now();
  const isOld = freshness.age() >= OLD_MS;
  write(clock, minutes(now));
  for (const element of running) {
    if (!element.hidden) write(element, age((now - Date.parse(element.dataset.since)) / 1000));
  }
  showFreshness(isOld);
  takeover.show(isOld ? null : alert, performance.now());
  shift(stage, performance.now());
  body.classList.toggle("is-night", isNight(minutes(now), nightFrom, nightUntil));
  body.classList.toggle("is-over", live.state.phase === "ended");
}

function showFreshness(isOld) {
  const isLive = !isOld && !freshness.inDoubt && live.state.phase === "live";
  const time = seconds(freshness.asOf);
  write(fresh.querySelector("[data-part=words]"), isLive ? fresh.dataset.live : fill(fresh.dataset.old, { time }));
  fresh.dataset.state = isLive ? "good" : isOld ? "warn" : "none";
  set(fresh.querySelector("[data-icon]"), "href", isLive ? "#phase-live" : isOld ? "#phase-lost" : "#phase-waiting");
  body.classList.toggle("is-stale", isOld);
  stale.hidden = !isOld;
  if (!isOld) return;
  const [words, below] = ["words", "below"].map((name) => stale.querySelector(`[data-part=${name}]`));
  write(words, fill(stale.dataset.words, { age: age(freshness.age() / 1000) }));
  write(below, fill(below.dataset.words, { time }));
}

/** Why the page should be loaded anew; null as long as it should not. */
function reason() {
  if (live.state.phase === "ended") return "ended"; // it may not be shown any more, or was set otherwise
  if (present !== edition) return `edition:${present}`;
  return freshness.age() >= HELPLESS_MS ? "stale" : null;
}

function everySecond() {
  live.tell({ type: freshness.tick() ? "due" : "tick" });
  show();
  const why = reason();
  if (why) reload.want(why);
}

function stayAwake() {
  if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => {}); // where it may not, the system decides
}

/** From then on a page that is loaded while the server is away waits for it. Browsers allow it over HTTPS, and on one's own machine. */
function waitForTheServer() {
  navigator.serviceWorker?.register(worker).catch(() => {});
}

body.dataset.alive = "";
freshness.heard(asOf);
live.start();
show();
setInterval(everySecond, 1000);
addEventListener("online", () => live.tell({ type: "online" }));
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) live.tell({ type: "visible" });
  stayAwake();
});
stayAwake();
waitForTheServer();
