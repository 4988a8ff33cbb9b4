// A button that takes a while says so until its answer comes.

/** The button that sent the form reads what `data-busy` says; so does what screen readers listen to. */
export function sayBusy(event, announced) {
  const button = event.submitter;
  if (!button?.dataset.busy) return;
  button.dataset.idle = button.value;
  button.value = announced.textContent = button.dataset.busy;
  button.setAttribute("aria-busy", "true");
}

/** As it was: what the back button brings again waits for nothing. */
export function sayIdle(button, announced) {
  if (!button.dataset.idle) return;
  button.value = button.dataset.idle;
  announced.textContent = "";
  button.removeAttribute("aria-busy");
}

if (globalThis.document) {
  const announced = document.querySelector('[data-part="trying"]');
  document.addEventListener("submit", (event) => sayBusy(event, announced));
  addEventListener("pageshow", () => document.querySelectorAll("[data-busy]").forEach((button) => sayIdle(button, announced)));
}
