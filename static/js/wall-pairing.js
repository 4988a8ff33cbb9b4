// A screen that is not in use yet, or cannot be now: asks whether that has changed, and goes on by itself.

import { ask } from "./ask.js";
import { Reload } from "./reload.js";

const ASK_MS = 2000;

/**
 * What to do about what the page would be now: "open" it anew, "renew" its code, or "wait". `shows` is what it is: "waiting"
 * (with a code), "unknown" (without one) or "away"; `leftMs` how long that holds, of which no time of sleep is counted.
 */
export function next(state, shows, leftMs) {
  if (state === null) return "wait"; // no answer
  if (state === "shown" && shows !== "away") return "open";
  if (leftMs <= 0) return "open";
  return state === "unknown" && shows === "waiting" ? "renew" : "wait";
}

async function look({ stateAt, page, now, expiresIn }, reload) {
  const state = await ask(stateAt);
  const trouble = document.querySelector("[data-trouble]");
  if (trouble) trouble.hidden = state !== null;
  const leftMs = Number(expiresIn) * 1000 - performance.now();
  const what = next(state, now, leftMs);
  if (what === "open") return location.replace(page);
  // A browser that keeps no cookie is never known: it must not ask for code after code.
  if (what === "renew") await reload.want("code");
  setTimeout(look, ASK_MS, document.body.dataset, reload);
}

if (typeof document !== "undefined") {
  const { stateAt, page } = document.body.dataset;
  document.body.dataset.alive = "";
  const reload = new Reload({ answers: async () => (await ask(stateAt)) !== null, go: () => location.replace(page), standing: () => performance.now() });
  setTimeout(look, ASK_MS, document.body.dataset, reload);
}
