// How old the figures are, whatever the clock of this screen says: told by the server's own times and a clock that only counts on.

export const OLD_MS = 15_000; // the server speaks every 5 s: older than this, the screen says so
export const JUMP_MS = 8_000; // a tick is due every second: what is this late was not there
export const DOUBT_MS = 5_000; // after a jump, a word from the server comes within this time, or the screen has slept
const SAMPLES = 20;

const CLOCKS = { counting: () => performance.now(), telling: () => Date.now() };

/**
 * `counting` counts milliseconds on, and may stand still while the machine sleeps; `telling` tells the time, and may be wrong
 * or be set. Where they disagree, the machine has slept, or its clock was set: the next word of the server tells which.
 */
export class Freshness {
  constructor({ counting, telling } = CLOCKS) {
    Object.assign(this, { counting, telling, offsets: [], asOf: null, jump: 0, jumpedAt: null });
    this.last = { counting: counting(), telling: telling() };
  }

  /** Figures came that the server wrote at `asOf`. Of the last 20, the one least delayed on the way tells its clock. */
  heard(asOf) {
    const written = Date.parse(asOf);
    if (written < this.asOf) this.offsets = []; // the server's clock was set back
    this.asOf = written;
    this.jump = 0;
    this.jumpedAt = null;
    this.offsets = [...this.offsets, written - this.counting()].slice(-SAMPLES);
  }

  /** Once a second. Whether time was lost since the last one: then nothing that was open can be relied on. */
  tick() {
    const now = { counting: this.counting(), telling: this.telling() };
    const counted = now.counting - this.last.counting;
    const jump = now.telling - this.last.telling - counted;
    this.last = now;
    if (jump >= JUMP_MS) {
      this.jump += jump;
      this.jumpedAt = now.counting;
    }
    return jump >= JUMP_MS || counted >= JUMP_MS;
  }

  /** Whether a jump is not explained yet. */
  get inDoubt() {
    return this.jumpedAt !== null;
  }

  /** The server's time. */
  now() {
    const offset = this.offsets.length ? Math.max(...this.offsets) : 0;
    return this.counting() + offset + this.slept();
  }

  /** The age of the newest figures in milliseconds; null before any. */
  age() {
    return this.asOf === null ? null : Math.max(0, this.now() - this.asOf);
  }

  slept() {
    return this.inDoubt && this.counting() - this.jumpedAt >= DOUBT_MS ? this.jump : 0;
  }
}
