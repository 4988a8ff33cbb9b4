// Running times: [data-since] counts up, [data-due] counts down, both by the server's clock.
import { age, fill } from "./format.js";

/** The server's time, from the time it wrote into what it sent. */
export class ServerClock {
  constructor(now = Date.now) {
    this.local = now;
    this.offsets = [];
  }

  /** `asOf` was the server's time when it wrote; of the last 20, the one least delayed on the way counts. */
  heard(asOf) {
    this.offsets = [...this.offsets, Date.parse(asOf) - this.local()].slice(-20);
  }

  now() {
    return this.local() + (this.offsets.length ? Math.max(...this.offsets) : 0);
  }
}

export function since(iso, now) {
  return age(iso ? (now - Date.parse(iso)) / 1000 : null);
}

/** "12 s left" before the time, from `risk` on as being at risk, "12 s late" after it. */
export function countdown(iso, now, texts, risk = "") {
  const leftS = (Date.parse(iso) - now) / 1000;
  const near = leftS > 0 && Date.parse(risk) <= now;
  const time = age(leftS > 0 ? Math.ceil(leftS) : -leftS);
  const sentence = leftS <= 0 ? texts.overdue : near ? texts.due_soon : texts.due_in;
  return { text: fill(sentence, { time }), overdue: leftS <= 0, near };
}

/** Writes every running time under `root` as it is now. */
export function tick(root, now, texts) {
  for (const element of root.querySelectorAll("[data-since]")) write(element, since(element.dataset.since, now));
  for (const element of root.querySelectorAll("[data-due]")) {
    const { text, overdue, near } = countdown(element.dataset.due, now, texts, element.dataset.risk);
    write(element, text);
    element.classList.toggle("is-overdue", overdue);
    element.classList.toggle("is-near", near);
  }
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
