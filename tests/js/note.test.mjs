import assert from "node:assert/strict";
import test from "node:test";

import { block, follow } from "../../static/js/note.js";

test("a note is one block, as the server makes it", () => {
  assert.equal(block(" Horários ", "Das 8h às 18h\n"), "# Horários\nDas 8h às 18h");
  assert.equal(block("Horários", ""), "# Horários\n");
  assert.equal(block(" ", "\n"), "");
});

/** A form as far as `follow` looks at it. */
function form(parts) {
  const listeners = [];
  return {
    querySelector: (selector) => parts[selector] ?? null,
    addEventListener: (_name, listener) => listeners.push(listener),
    type: () => listeners.forEach((listener) => listener()),
  };
}

test("the preview follows what is typed, and is hidden while there is nothing", () => {
  const parts = { "[data-note-preview]": { hidden: false }, "[name=title]": { value: "" }, "[name=text]": { value: "" } };
  const page = form(parts);
  follow(page);
  assert.equal(parts["[data-note-preview]"].hidden, true);
  parts["[name=title]"].value = "Preços";
  parts["[name=text]"].value = "<b>R$ 90</b>";
  page.type();
  assert.deepEqual(parts["[data-note-preview]"], { hidden: false, textContent: "# Preços\n<b>R$ 90</b>" });
});

test("a form without a preview is left alone", () => {
  let listens = false;
  follow({ querySelector: () => null, addEventListener: () => (listens = true) });
  assert.equal(listens, false);
});
