// A screen that is not in use yet, or cannot be now: asks whether that has changed, and goes on by itself.

import { ask } from "./ask.js";

const ASK_MS = 2000;

/** What to do about what the page would be now: "open" it anew, or "wait". `shows` is what it is, `leftMs` how long that holds. */
export function next(state, shows, leftMs) {
  if (state === null) return "wait"; // no answer
  if (state === "shown" && shows !== "away") return "open";
  return leftMs <= 0 ? "open" : "wait";
}

async function look({ stateAt, page, now, expiresIn }) {
  const state = await ask(stateAt);
  const trouble = document.querySelector("[data-trouble]");
  if (trouble) trouble.hidden = state !== null;
  const leftMs = Number(expiresIn) * 1000 - performance.now();
  if (next(state, now, leftMs) === "open") location.replace(page);
  else setTimeout(look, ASK_MS, { stateAt, page, now, expiresIn });
}

if (typeof document !== "undefined") {
  document.body.dataset.alive = "";
  setTimeout(look, ASK_MS, document.body.dataset);
}
