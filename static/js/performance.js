// The page /performance: what the server wrote, kept fresh.
import { Charts } from "./charts.js";
import { ServerClock, tick } from "./clocks.js";
import { closeExplanations } from "./explain.js";
import { Live } from "./live.js";
import { render } from "./render.js";
import { showStatus } from "./status.js";

const root = document.querySelector("[data-as-of]");
const { zone, language, query } = root.dataset;
const read = (id) => JSON.parse(document.getElementById(id).textContent);

const texts = { ...(await (await fetch(root.dataset.sentences)).json()), zone, language };
const charts = new Charts(root, read("figures"), texts);
const clock = new ServerClock();
let newest = null; // what came while nobody looked, to be shown when someone does

const live = new Live({
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/performance/?${query}`,
  heard(snapshot) {
    clock.heard(snapshot.as_of);
    newest = snapshot;
    if (!document.hidden) show();
  },
  changed: (state) => showStatus(document, state, Date.now(), texts),
});

function show() {
  if (!newest) return;
  render(root, newest, texts);
  tick(root, clock.now(), texts);
  charts.show(newest);
  newest = null;
}

/** A window that is over stays as the server wrote it. */
function follow() {
  live.start();
  setInterval(() => {
    live.tell({ type: "tick" });
    if (!document.hidden) tick(root, clock.now(), texts);
  }, 1000);
  addEventListener("online", () => live.tell({ type: "online" }));
  document.addEventListener("visibilitychange", () => {
    live.tell({ type: document.hidden ? "hidden" : "visible" });
    if (!document.hidden) show();
  });
}

clock.heard(root.dataset.asOf);
charts.show({ series: read("series") });
closeExplanations();
if (!("fixed" in root.dataset)) follow();
// A page that the back button brings again must show what it is of, not what was chosen before it was left.
addEventListener("pageshow", () => document.querySelector(".filter-bar").reset());
document.addEventListener("theme-changed", () => charts.repaint());
