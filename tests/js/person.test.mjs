import assert from "node:assert/strict";
import { test } from "node:test";

import { offerPeople } from "../../static/js/person.js";

/** As little of a document as the choice needs. */
const page = {
  createElement: (tag) => ({
    tag, options: [], attributes: {}, value: "",
    append(one) { this.options.push(one); },
    setAttribute(name, value) { this.attributes[name] = value; },
    get selectedIndex() { return this.options.findIndex((one) => one.value === this.value); },
  }),
};

function chosen({ value = "", attributes = { name: "to" } } = {}) {
  let put;
  const field = {
    value, placeholder: "choose a person",
    list: { options: [{ value: "ana", label: "Ana Souza" }, { value: "caio", label: "" }] },
    hasAttribute: (name) => name in attributes,
    getAttribute: (name) => attributes[name],
    replaceWith(one) { put = one; },
  };
  offerPeople({ querySelectorAll: () => [field] }, page);
  return put;
}

test("a person is chosen by name from the page's list, and none is what the field said of it", () => {
  const select = chosen();
  assert.deepEqual(select.options.map((one) => [one.value, one.textContent]), [["", "choose a person"], ["ana", "Ana Souza (ana)"], ["caio", "caio"]]);
  assert.equal(select.attributes.name, "to");
});

test("what was given stays, and what is in no list is none, with the error at the field", () => {
  assert.equal(chosen({ value: "ana" }).value, "ana");
  const wrong = chosen({ value: "zoe", attributes: { name: "to", "aria-describedby": "wrong-to" } });
  assert.deepEqual([wrong.value, wrong.attributes["aria-describedby"]], ["", "wrong-to"]);
});
