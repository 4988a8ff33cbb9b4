// The line to the server. `step` decides, purely; `Live` does what it decides.

export const SILENT_MS = 12_000; // the server speaks every 5 s, so this is two words missed
export const DROP_MS = 24_000; // a line silent for this long is dead, whatever the browser believes
export const CONNECT_MS = 10_000; // an attempt that takes longer is given up
export const LOST_MS = 15_000; // not heard for this long, the screen says since when
export const HIDDEN_MS = 300_000; // a page that nobody sees for this long hangs up
export const ACK_WITHIN_MS = 300; // so that thousands of screens do not answer in the same moment
export const SESSION_ENDED = 4401;
const OPEN = 1; // of a socket's readyState

/**
 * The line before anything was tried. The page itself was fresh at `now`.
 * `heardAt` is the last word of any kind, `freshAt` the last one with figures.
 */
export function begin(now) {
  return { phase: "connecting", attempt: 0, heardAt: now, freshAt: now, triedAt: now, hiddenAt: null, failing: false };
}

/** Milliseconds until attempt number `attempt` (from 1): 0.5 to 5 s, spread so that screens do not return as one. */
export function backoff(attempt, chance) {
  return Math.round(500 + chance * Math.min(4500, 1000 * 2 ** (attempt - 1)));
}

/**
 * [next state, commands] for one event: opened, heard {failing}, closed {code}, due, tick, hidden, visible, online.
 * Commands are "connect", "drop" (hang up without waiting for an answer) and {wait: ms} (then comes `due`).
 * Phases: connecting, live, silent, reconnecting, lost, paused (page hidden), ended (session over).
 */
export function step(state, event, now, chance) {
  if (state.phase === "ended") return [state, []];
  return STEPS[event.type](state, event, now, chance);
}

const STEPS = {
  opened: (state, event, now) => [{ ...state, triedAt: now }, []],
  heard(state, { failing = false }, now) {
    return [{ ...state, phase: "live", attempt: 0, heardAt: now, freshAt: failing ? state.freshAt : now, failing }, []];
  },
  closed(state, event, now, chance) {
    if (event.code === SESSION_ENDED) return [{ ...state, phase: "ended" }, []];
    if (state.phase === "paused") return [state, []];
    return retry(state, now, chance, []);
  },
  due: connect,
  tick(state, event, now, chance) {
    if (state.hiddenAt !== null && now - state.hiddenAt >= HIDDEN_MS) return pause(state);
    return (TICKS[state.phase] ?? stay)(state, now, chance);
  },
  hidden: (state, event, now) => [{ ...state, hiddenAt: now }, []],
  visible(state, event, now) {
    const seen = { ...state, hiddenAt: null };
    return seen.phase === "live" && now - seen.heardAt < SILENT_MS ? [seen, []] : connect(seen, event, now);
  },
  online: (state, event, now) => (isWaiting(state) ? connect(state, event, now) : [state, []]),
};

const TICKS = {
  connecting: giveUpSlowAttempt,
  live: (state, now) => [now - state.heardAt >= SILENT_MS ? { ...state, phase: "silent" } : state, []],
  silent: (state, now, chance) =>
    now - state.heardAt >= DROP_MS ? retry(state, now, chance, ["drop"]) : [state, []],
  reconnecting: giveUpSlowAttempt,
  lost: giveUpSlowAttempt,
};

const stay = (state) => [state, []];
const isWaiting = (state) => state.phase === "reconnecting" || state.phase === "lost";

function giveUpSlowAttempt(state, now, chance) {
  if (state.triedAt !== null && now - state.triedAt >= CONNECT_MS) return retry(state, now, chance, ["drop"]);
  return [isWaiting(state) ? { ...state, phase: lossPhase(state, now) } : state, []];
}

function retry(state, now, chance, commands) {
  const attempt = state.attempt + 1;
  const next = { ...state, attempt, triedAt: null, phase: lossPhase(state, now) };
  return [next, [...commands, { wait: backoff(attempt, chance) }]];
}

function lossPhase(state, now) {
  return now - state.heardAt >= LOST_MS ? "lost" : "reconnecting";
}

function connect(state, event, now) {
  const phase = state.phase === "paused" || state.phase === "silent" ? "reconnecting" : state.phase;
  return [{ ...state, phase, triedAt: now }, ["drop", "connect"]];
}

function pause(state) {
  return state.phase === "paused" ? [state, []] : [{ ...state, phase: "paused" }, ["drop"]];
}

const BROWSER_CLOCK = {
  now: () => Date.now(),
  after: (ms, act) => setTimeout(act, ms),
  cancel: (timer) => clearTimeout(timer),
};

/** Keeps a socket to `url` open; calls `heard(snapshot)` for each new snapshot and `changed(state)` after each event. */
export class Live {
  constructor({ url, heard, changed, Socket = WebSocket, clock = BROWSER_CLOCK, chance = Math.random }) {
    Object.assign(this, { url, heard, changed, Socket, clock, chance });
    this.state = begin(clock.now());
  }

  start() {
    this.connect();
    this.changed(this.state);
  }

  tell(event) {
    const [state, commands] = step(this.state, event, this.clock.now(), this.chance());
    this.state = state;
    for (const command of commands) this.obey(command);
    this.changed(state);
  }

  obey(command) {
    if (command === "connect") this.connect();
    else if (command === "drop") this.drop();
    else this.wait(command.wait);
  }

  wait(ms) {
    this.clock.cancel(this.timer);
    this.timer = this.clock.after(ms, () => this.tell({ type: "due" }));
  }

  connect() {
    const socket = new this.Socket(this.url);
    socket.onopen = () => this.tell({ type: "opened" });
    socket.onmessage = (event) => this.receive(event.data);
    socket.onclose = (event) => this.tell({ type: "closed", code: event.code });
    this.socket = socket;
    this.seq = -1;
  }

  /** A dead line may take minutes to say so: stop listening to it, then close it. */
  drop() {
    this.clock.cancel(this.timer);
    if (!this.socket) return;
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.socket = null;
  }

  receive(text) {
    const message = JSON.parse(text);
    if (message.seq !== undefined) this.acknowledge(message.seq);
    if (!message.error && this.isNew(message)) this.heard(message);
    this.tell({ type: "heard", failing: Boolean(message.error) });
  }

  acknowledge(seq) {
    const { socket } = this;
    const send = () => socket.readyState === OPEN && socket.send(JSON.stringify({ seq }));
    this.clock.after(this.chance() * ACK_WITHIN_MS, send);
  }

  /** Numbers grow along one line; a server that was restarted counts from the beginning on the next one. */
  isNew({ seq }) {
    if (seq <= this.seq) return false;
    this.seq = seq;
    return true;
  }
}
