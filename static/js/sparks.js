// The small lines in the cards: how a figure came to be what it is. A gap stays a gap.

const HIGH = 20;
const WIDE = 100;
const EDGE = 2; // room for the stroke

/** Values as the `d` of a path in a box of WIDE × HIGH; "" where fewer than two are known. A value alone is a dot. */
export function path(values) {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return "";
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const x = (place) => round((place * WIDE) / (values.length - 1));
  const y = (value) => round(high === low ? HIGH / 2 : HIGH - EDGE - ((value - low) * (HIGH - 2 * EDGE)) / (high - low));
  return values
    .map((value, place) => {
      if (value === null) return "";
      const begins = (values[place - 1] ?? null) === null;
      const alone = begins && (values[place + 1] ?? null) === null;
      return `${begins ? "M" : "L"}${x(place)} ${y(value)}${alone ? "h.01" : ""}`;
    })
    .join("");
}

const round = (number) => Math.round(number * 100) / 100;

/** Draws `points` (name → values) into every [data-spark] under `root`; what is still `unfinished` is left out. */
export function drawSparks(root, { points, unfinished }) {
  for (const place of root.querySelectorAll("[data-spark]")) {
    const values = points[place.dataset.spark] ?? [];
    if (!place.firstElementChild) place.append(box(place));
    place.firstElementChild.setAttribute("d", path(unfinished ? values.slice(0, -1) : values));
  }
}

function box(place) {
  place.setAttribute("viewBox", `0 0 ${WIDE} ${HIGH}`);
  place.setAttribute("preserveAspectRatio", "none");
  return document.createElementNS("http://www.w3.org/2000/svg", "path");
}
