// The page /crt: running times, and the list of what needs action kept fresh.
import { ServerClock, tick } from "./clocks.js";
import { closeExplanations } from "./explain.js";
import { Live } from "./live.js";
import { Period } from "./period.js";
import { offerPeople } from "./person.js";
import { renderAlerts } from "./render.js";
import { isStale, showStatus } from "./status.js";
import { inHand, Refresher } from "./urgent.js";

const root = document.querySelector("[data-as-of]");
const { zone, language, query } = root.dataset;
const texts = { ...(await (await fetch(root.dataset.sentences)).json()), zone, language };
const clock = new ServerClock();
const list = () => root.querySelector("[data-urgent]");

/** What somebody works on must not go away under their hands. */
const isBusy = () => inHand(list(), document.activeElement, matchMedia("(hover: hover)").matches);

const refresher = new Refresher({
  isBusy,
  async load() {
    const answer = await fetch(root.dataset.now, { redirect: "error", cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.text();
  },
  show(html) {
    const fresh = document.createRange().createContextualFragment(html);
    list().replaceWith(fresh.querySelector("[data-urgent]"));
    offerPeople(list());
    tick(root, clock.now(), texts);
  },
  waiting(yes) {
    root.querySelector('[data-part="postponed"]').hidden = !yes;
  },
});

const live = new Live({
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/performance/?${query}`,
  heard(snapshot) {
    clock.heard(snapshot.as_of);
    renderAlerts(root, snapshot.alerts, texts);
    if (!document.hidden) refresher.heard(snapshot);
  },
  changed: (state) => showStatus(document, state, Date.now(), texts),
});

const period = new Period(root, {
  async get() {
    const answer = await fetch(location.href, { redirect: "error", cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  },
});

clock.heard(root.dataset.asOf);
closeExplanations();
offerPeople(list());
live.start();
period.follow();
setInterval(() => {
  live.tell({ type: "tick" });
  refresher.freed();
  if (!document.hidden && !isStale(live.state)) tick(root, clock.now(), texts);
}, 1000);
addEventListener("online", () => live.tell({ type: "online" }));
document.addEventListener("visibilitychange", () => {
  live.tell({ type: document.hidden ? "hidden" : "visible" });
  if (!document.hidden) refresher.plan();
});
// A page that the back button brings again must show what it is of, not what was chosen before it was left.
addEventListener("pageshow", () => document.querySelector(".filter-bar").reset());
