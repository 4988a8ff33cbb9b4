// What a form would lead to, told by the server while it is written.

const QUIET_FOR_MS = 300;

/** The address that tells what `entries`, pairs of name and value, would lead to. What is secret or no value stays out. */
export function question(address, entries) {
  const told = [...entries].filter(([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken");
  return `${address}?${new URLSearchParams(told)}`;
}

/**
 * Keeps the preview of `form` in step with what is typed: `[data-preview]` holds the address. `ask` answers an address with
 * {text}. An answer that was overtaken by a later question is dropped. Does nothing to a form without a preview.
 */
export function follow(form, { ask, entriesOf, later = setTimeout, never = clearTimeout }) {
  const preview = form.querySelector("[data-preview]");
  if (!preview) return;
  let [timer, asked] = [null, 0];
  const show = async () => {
    const mine = ++asked;
    const { text } = await ask(question(preview.dataset.preview, entriesOf(form))).catch(() => ({ text: "" }));
    if (mine === asked) preview.textContent = text || "—";
  };
  form.addEventListener("input", () => {
    never(timer);
    timer = later(show, QUIET_FOR_MS);
  });
  show();
}

if (typeof document !== "undefined") {
  const ask = async (address) => (await fetch(address, { credentials: "same-origin" })).json();
  document.querySelectorAll("form").forEach((form) => follow(form, { ask, entriesOf: (each) => new FormData(each) }));
}
