// The worst alert takes a part of the screen, for a part of the time: the figures must stay in sight.

export const SHOWN_MS = 20_000;
export const EVERY_MS = 60_000;
export const CALMER_AFTER_MS = 600_000; // whoever passes has seen it by then
export const CALMER_EVERY_MS = 300_000;

/** Whether an alert that has been there for so long is shown at this moment. */
export function isShown(forMs) {
  return forMs % (forMs < CALMER_AFTER_MS ? EVERY_MS : CALMER_EVERY_MS) < SHOWN_MS;
}

export class Takeover {
  constructor(place) {
    Object.assign(this, { place, id: null, since: 0 });
  }

  /** Shows or hides it as is due at `now`, milliseconds of a clock that counts on. `alert` is the snapshot's; null is none. */
  show(alert, now) {
    const id = alert?.takes_over ? alert.id : null;
    if (id !== this.id) Object.assign(this, { id, since: now });
    this.place.hidden = id === null || !isShown(now - this.since);
  }
}
