// Says how live the page is, and what to do when it is not.
import { age, fill, time } from "./format.js";

const ICONS = { live: "phase-live", failing: "phase-lost", lost: "phase-lost", ended: "phase-lost" };
const SPOKEN = ["live", "failing", "lost", "ended", "held"]; // the rest passes by itself, or counts seconds: not for a screen reader

/** The state of the line in words, at `now` by the browser's clock: text, what is read out (null: nothing new), icon. */
export function words(state, now, texts) {
  const phase = shown(state);
  const text = fill(texts.phases[phase], {
    age: age((now - state.freshAt) / 1000),
    time: time(state.freshAt, texts.zone),
  });
  return { phase, text, spoken: SPOKEN.includes(phase) ? text : null, icon: ICONS[phase] ?? "phase-waiting" };
}

/** A good line without figures is not live. */
const shown = ({ phase, failing }) => (phase === "live" && failing ? "failing" : phase);

/** Which banners are up: old figures, figures that cannot be measured, an ended session. */
export function banners({ phase, failing }) {
  return { old: !failing && (phase === "silent" || phase === "lost"), failing: failing && phase !== "ended", ended: phase === "ended" };
}

/** Whether what is shown is of some time ago: then nothing may look as if it were now. */
export function isStale(state) {
  return Object.values(banners(state)).some(Boolean);
}

/** Shows the state of the line in the header and in the banners. */
export function showStatus(page, state, now, texts) {
  page.documentElement.toggleAttribute("data-stale", isStale(state));
  const place = page.querySelector("[data-live]");
  const said = words(state, now, texts);
  place.dataset.phase = said.phase;
  place.querySelector("use").setAttribute("href", `#${said.icon}`);
  write(place.querySelector('[data-part="words"]'), said.text);
  if (said.spoken !== null) write(place.querySelector('[data-part="announced"]'), said.spoken);
  for (const [name, up] of Object.entries(banners(state))) {
    page.querySelector(`[data-banner="${name}"]`).hidden = !up;
  }
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
