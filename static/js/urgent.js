// The list of what needs action, kept fresh: fetched again when a snapshot says that something changed.

export const APART_MS = 2_000; // at most one fetch in so long
export const AFTER_MS = 1_100; // what the server gives may be a second old, and must not be older than the change
export const LONGEST_MS = 30_000; // an owner or a type may change without any number that snapshots hold

/** What of a snapshot the list depends on; two with the same text show the same list, as far as snapshots tell. */
export function fingerprint({ now, sla }) {
  const { open, waiting, waiting_since, at_risk, breached, escalated_unassigned } = now;
  const next = Object.values(sla).flatMap((kinds) => Object.values(kinds).map((kind) => [kind.at_risk, kind.breached, kind.next_deadlines]));
  return JSON.stringify([open, waiting, waiting_since, at_risk, breached, escalated_unassigned, next]);
}

/**
 * Whether somebody works on what `list` shows: a form is open, the keyboard (`active`) is in it, or the mouse is over it, which
 * would click on what comes in its place. Where there is no mouse, what was touched last is no such place (`canHover`).
 */
export function inHand(list, active, canHover) {
  return Boolean(list.querySelector("details[open]")) || list.contains(active) || (canHover && list.matches(":hover"));
}

const BROWSER_CLOCK = { now: () => Date.now(), after: (ms, act) => setTimeout(act, ms) };

/**
 * Calls `load()` AFTER_MS after it is told that something changed, at most once in APART_MS, and `show(result)` with what came
 * while nobody `isBusy()` with what is shown; else when `freed()` is called. `waiting(yes)` says whether news is held back.
 * A `load` that fails is tried again with the next change.
 */
export class Refresher {
  constructor({ load, show, isBusy, waiting = () => {}, clock = BROWSER_CLOCK }) {
    Object.assign(this, { load, show, isBusy, waiting, clock });
    this.begunAt = this.changedAt = clock.now();
    this.seen = null;
    this.held = null;
    this.planned = false;
  }

  heard(snapshot) {
    const seen = fingerprint(snapshot);
    if (seen === this.seen && this.clock.now() - this.begunAt < LONGEST_MS) return;
    this.seen = seen;
    this.plan();
  }

  plan() {
    this.changedAt = this.clock.now();
    this.schedule();
  }

  schedule() {
    if (this.planned) return;
    this.planned = true;
    const at = Math.max(this.changedAt + AFTER_MS, this.begunAt + APART_MS);
    this.clock.after(at - this.clock.now(), () => this.refresh());
  }

  async refresh() {
    this.planned = false;
    this.begunAt = this.clock.now();
    if (this.begunAt < this.changedAt + AFTER_MS) this.schedule(); // what is given now may be older than the last change
    try {
      this.held = await this.load();
    } catch {
      this.seen = null;
      return;
    }
    this.freed();
  }

  /** Shows what is held back, if anything is and nobody is busy. */
  freed() {
    if (this.held === null) return;
    if (this.isBusy()) return this.waiting(true);
    const fresh = this.held;
    this.held = null;
    this.waiting(false);
    this.show(fresh);
  }
}
