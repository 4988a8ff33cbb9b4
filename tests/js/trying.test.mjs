import assert from "node:assert/strict";
import { test } from "node:test";

import { sayBusy, sayIdle } from "../../static/js/trying.js";

const button = (dataset) => ({
  value: "Try", dataset, attributes: {},
  setAttribute(name, value) { this.attributes[name] = value; },
  removeAttribute(name) { delete this.attributes[name]; },
});

test("a button that takes a while says so, and reads as before when the page comes back", () => {
  const [tried, announced] = [button({ busy: "calculating…" }), { textContent: "" }];
  sayBusy({ submitter: tried }, announced);
  assert.deepEqual([tried.value, announced.textContent, tried.attributes], ["calculating…", "calculating…", { "aria-busy": "true" }]);
  sayIdle(tried, announced);
  assert.deepEqual([tried.value, announced.textContent, tried.attributes], ["Try", "", {}]);
});

test("other buttons are left alone", () => {
  const [saved, announced] = [button({}), { textContent: "" }];
  sayBusy({ submitter: saved }, announced);
  sayBusy({ submitter: null }, announced);
  assert.deepEqual([saved.value, announced.textContent], ["Try", ""]);
});
