// The trends below the figures: fetched from their own page when the figures are there, and again each minute.
import { drawSparks } from "./sparks.js";

export const EVERY_MS = 60_000;
export const RETRY_MS = 10_000;

/** Keeps the [data-trends-of] under `root` filled with the trends of its address, its charts drawn by `charts`. */
export class Trends {
  constructor(root, charts, { get = fetchPage, after = (ms, act) => setTimeout(act, ms) } = {}) {
    Object.assign(this, { root, charts, get, after });
    this.place = root.querySelector("[data-trends-of]");
  }

  /** Fetches and shows them; comes back in a minute, unless `once`, and sooner where it failed. A page that nobody sees waits. */
  async follow(once = false) {
    const shown = document.hidden || (await this.load());
    if (once && shown) return;
    this.after(shown ? EVERY_MS : RETRY_MS, () => this.follow(once));
  }

  async load() {
    try {
      this.show(await this.get(this.place.dataset.trendsOf));
      return true;
    } catch {
      this.place.dataset.phase = "failed";
      return false;
    }
  }

  show(found) {
    const { place } = this;
    const wasOpen = place.querySelector("details")?.open ?? false;
    const [data, figures] = ["trend-data", "trend-figures"].map((id) => JSON.parse(found.querySelector(`#${id}`).textContent));
    place.querySelector("[data-trends]")?.remove();
    found.querySelector("details").open = wasOpen;
    place.append(found);
    place.dataset.phase = "shown";
    drawSparks(this.root, data);
    const { points, spread, ...series } = data;
    this.charts.draw("trends", place, figures, { ...series, ...points }, { spread });
  }
}

async function fetchPage(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) throw new Error(`trends: ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return document.adoptNode(page.querySelector("[data-trends]"));
}
