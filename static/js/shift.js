// Moves the whole page by a few pixels each minute, so that nothing burns into the panel.

export const MINUTE_MS = 60_000;
const STEP_PX = 3;
const ROUND = [[0, 0], [1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1], [1, -1]];

/** Where the page stands in the minute number `minute`: x and y in pixels. */
export function place(minute) {
  const [x, y] = ROUND[minute % ROUND.length];
  return { x: x * STEP_PX, y: y * STEP_PX };
}

/** Puts the stage where it stands at `now`, milliseconds since the page was loaded. */
export function shift(stage, now) {
  const { x, y } = place(Math.floor(now / MINUTE_MS));
  const moved = `translate(${x}px, ${y}px)`;
  if (stage.style.transform !== moved) stage.style.transform = moved;
}
