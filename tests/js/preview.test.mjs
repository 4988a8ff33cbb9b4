import assert from "node:assert/strict";
import test from "node:test";

import { follow, question } from "../../static/js/preview.js";

test("a question holds what was typed and nothing secret", () => {
  const entries = [["csrfmiddlewaretoken", "secret"], ["response_s", "2 min"], ["file", {}], ["note", ""]];
  assert.equal(question("/preview/", entries), "/preview/?response_s=2+min&note=");
});

/** A form as far as `follow` looks at it, with answers that the test gives when it likes. */
function page() {
  const preview = { dataset: { preview: "/preview/" }, textContent: "" };
  const [listeners, timers, answers] = [[], [], []];
  const form = {
    querySelector: () => preview,
    addEventListener: (_name, listener) => listeners.push(listener),
  };
  const outside = {
    ask: () => new Promise((resolve, reject) => answers.push({ resolve, reject })),
    entriesOf: () => [],
    later: (task) => timers.push(task),
    never: () => timers.splice(0),
  };
  const type = () => listeners.forEach((listener) => listener());
  const pause = () => timers.splice(0).forEach((task) => task());
  return { form, outside, preview, answers, type, pause };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("the preview is asked for at once, and again when typing has paused", async () => {
  const { form, outside, preview, answers, type, pause } = page();
  follow(form, outside);
  answers[0].resolve({ text: "by Monday" });
  await settled();
  assert.equal(preview.textContent, "by Monday");
  type();
  type();
  assert.equal(answers.length, 1);
  pause();
  assert.equal(answers.length, 2);
  answers[1].resolve({ text: "" });
  await settled();
  assert.equal(preview.textContent, "—");
});

test("an answer that a later question overtook is dropped, and a failed one is no answer", async () => {
  const { form, outside, preview, answers, type, pause } = page();
  follow(form, outside);
  type();
  pause();
  answers[1].resolve({ text: "new" });
  answers[0].resolve({ text: "old" });
  await settled();
  assert.equal(preview.textContent, "new");
  type();
  pause();
  answers[2].reject(new Error("offline"));
  await settled();
  assert.equal(preview.textContent, "—");
});

test("a form without a preview is left alone", () => {
  let listens = false;
  follow({ querySelector: () => null, addEventListener: () => (listens = true) }, {});
  assert.equal(listens, false);
});
