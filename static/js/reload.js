// Loads the page anew where that helps: never into nothing, and never in a loop.

const KEY = "mis-wall-reloads";
const REMEMBERED_MS = 600_000;
const MOST = 6; // in ten minutes, whatever the reasons
// The same reason counts again after this long, and the page must have stood for this long: without a memory, that bounds it.
const AGAIN_MS = { ended: 10_000, code: 60_000, stale: 300_000, edition: 600_000 };
const STOOD_MS = { ended: 3_000, code: 30_000, stale: 60_000, edition: 20_000 };
const ASK_EVERY_MS = 3_000;

/** Whether to reload for `reason` ("ended", "code", "stale" or "edition:NAME") now, given the reloads before, each {reason, at}. */
export function mayReload(before, reason, now, stoodMs) {
  const kind = reason.split(":")[0];
  const recent = remembered(before, now);
  const same = recent.filter((each) => each.reason === reason && now - each.at < AGAIN_MS[kind]);
  return stoodMs >= STOOD_MS[kind] && same.length === 0 && recent.length < MOST;
}

/** Those that still count. One of the future was noted by a clock that has been set since. */
export function remembered(before, now) {
  return before.filter(({ at }) => at <= now && now - at < REMEMBERED_MS);
}

export class Reload {
  /** `answers()` resolves to whether the server would answer; `go()` loads the page; `standing()` is its age in milliseconds. */
  constructor({ answers, go, standing, storage = sessionStorage, now = () => Date.now() }) {
    Object.assign(this, { answers, go, standing, storage, now, askedAt: -Infinity });
  }

  /** May be called each second as long as there is a reason. */
  async want(reason) {
    if (!mayReload(this.before(), reason, this.now(), this.standing())) return;
    if (this.standing() - this.askedAt < ASK_EVERY_MS) return;
    this.askedAt = this.standing();
    // From a browser's own error page there is no way back.
    if (!(await this.answers())) return;
    this.note(reason);
    this.go();
  }

  before() {
    try {
      return JSON.parse(this.storage.getItem(KEY)) ?? [];
    } catch {
      return []; // storage is switched off
    }
  }

  note(reason) {
    try {
      const kept = remembered(this.before(), this.now());
      this.storage.setItem(KEY, JSON.stringify([...kept, { reason, at: this.now() }].slice(-MOST)));
    } catch {
      // see before()
    }
  }
}
