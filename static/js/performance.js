// The page /performance: what the server wrote, kept fresh.
import { Charts } from "./charts.js";
import { ServerClock, tick } from "./clocks.js";
import { closeExplanations } from "./explain.js";
import { Live } from "./live.js";
import { render } from "./render.js";
import { isStale, showStatus } from "./status.js";
import { Trends } from "./trends.js";

const root = document.querySelector("[data-as-of]");
const { zone, language, query } = root.dataset;
const read = (id) => JSON.parse(document.getElementById(id).textContent);

const texts = { ...(await (await fetch(root.dataset.sentences)).json()), zone, language };
const charts = new Charts(root.dataset.plotly, texts);
const trends = new Trends(root, charts);
const clock = new ServerClock();
let newest = null; // what came while nobody looked, to be shown when someone does
let held = null; // since when the reader holds the screen still

const live = new Live({
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/performance/?${query}`,
  heard(snapshot) {
    clock.heard(snapshot.as_of);
    newest = snapshot;
    if (!document.hidden) show();
  },
  changed,
});

function changed(state) {
  showStatus(document, held === null ? state : { ...state, phase: "held", freshAt: held }, Date.now(), texts);
}

/** The reader's pause: the line stays open, so that going on shows at once what is. */
function pauseOrGoOn() {
  const button = document.querySelector("[data-pause]");
  held = held === null ? Date.now() : null;
  button.setAttribute("aria-pressed", String(held !== null));
  button.querySelector("use").setAttribute("href", held === null ? "#icon-pause" : "#icon-play");
  button.lastChild.textContent = held === null ? texts.pause : texts.resume;
  changed(live.state);
  show();
}

function show() {
  if (!newest || held !== null) return;
  render(root, newest, texts);
  tick(root, clock.now(), texts);
  drawSeries(newest.series);
  newest = null;
}

function drawSeries(series) {
  charts.draw("series", root.querySelector(".charts"), texts.figures, series);
}

/** A window that is over stays as the server wrote it. */
function follow() {
  live.start();
  setInterval(() => {
    live.tell({ type: "tick" });
    if (!document.hidden && held === null && !isStale(live.state)) tick(root, clock.now(), texts);
  }, 1000);
  document.querySelector("[data-pause]").addEventListener("click", pauseOrGoOn);
  addEventListener("online", () => live.tell({ type: "online" }));
  document.addEventListener("visibilitychange", () => {
    live.tell({ type: document.hidden ? "hidden" : "visible" });
    if (!document.hidden) show();
  });
}

clock.heard(root.dataset.asOf);
drawSeries(read("series"));
trends.follow("fixed" in root.dataset);
closeExplanations();
if (!("fixed" in root.dataset)) follow();
// A page that the back button brings again must show what it is of, not what was chosen before it was left.
addEventListener("pageshow", () => document.querySelector(".filter-bar").reset());
document.addEventListener("theme-changed", () => charts.repaint());
