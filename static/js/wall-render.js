// A wall's snapshot onto its page. The server has put everything into words: what is here finds the places, once, and fills them.
// No element is ever made for good or taken away, so that memory stays as it is for weeks.
import { pieces } from "./format.js";

/** What `path` leads to in the snapshot: "tiles.waiting.figure", "systems.0.word". Undefined where there is nothing. */
export function at(snapshot, path) {
  return path.split(".").reduce((found, key) => found?.[key], snapshot);
}

const WAYS = {
  text: (element, value) => write(element, value ?? ""),
  figure: (element, value) => writeFigure(element, value ?? ""),
  d: (element, value) => set(element, "d", value ?? ""),
  runs(element, value) {
    element.dataset.since = value ?? "";
    element.hidden = !value;
  },
  stateOf(element, value) {
    element.hidden = !value;
    const state = value?.state ?? "none";
    if (element.dataset.state !== state) element.dataset.state = state;
    const icon = element.querySelector("[data-icon]");
    if (icon) set(icon, "href", `#state-${state}`);
  },
};

/** The function that shows a snapshot under `root`. */
export function renderer(root) {
  const places = Object.entries(WAYS).flatMap(([name, fill]) => {
    const elements = [...root.querySelectorAll(`[data-${name.replace("O", "-o")}]`)];
    return elements.map((element) => ({ element, path: element.dataset[name], fill }));
  });
  return (snapshot) => {
    for (const { element, path, fill } of places) fill(element, at(snapshot, path));
  };
}

/** Its units stand smaller. */
function writeFigure(element, text) {
  if (element.textContent === text) return;
  element.textContent = "";
  element.append(...pieces(text).map((piece) => (piece.number ? piece.text : unit(piece.text))));
  element.classList.remove("has-changed");
  void element.offsetWidth; // makes the browser see the element without the mark
  element.classList.add("has-changed");
}

function unit(text) {
  return Object.assign(document.createElement("span"), { textContent: text, className: "figure-unit" });
}

export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function set(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
