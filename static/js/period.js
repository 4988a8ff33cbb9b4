// The figures of a period on /crt: read again with their page once a minute, for they move more slowly than what needs action.

export const EVERY_MS = 60_000;
export const RETRY_MS = 5_000;
const PARTS = "[data-period]";

/** Keeps the parts [data-period] under `root` fresh, with those of the same page that `get()` fetches as a document. */
export class Period {
  constructor(root, { get, after = (ms, act) => setTimeout(act, ms) }) {
    Object.assign(this, { root, get, after });
  }

  follow(ms = EVERY_MS) {
    this.after(ms, async () => this.follow((await this.renew()) ? EVERY_MS : RETRY_MS));
  }

  /** All parts at once, as they are of one moment; or none, while a reader is in one, nobody looks, or the page does not come. */
  async renew() {
    if (document.hidden || this.isRead()) return false;
    const page = await this.get().catch(() => null);
    const pairs = [...this.root.querySelectorAll(PARTS)].map((old) => [old, page?.querySelector(`[data-period="${old.dataset.period}"]`)]);
    if (this.isRead() || !pairs.every(([, fresh]) => fresh)) return false;
    for (const [old, fresh] of pairs) old.replaceWith(document.adoptNode(fresh));
    return true;
  }

  isRead() {
    return [...this.root.querySelectorAll(PARTS)].some((part) => part.querySelector("details[open]") || part.contains(document.activeElement));
  }
}
