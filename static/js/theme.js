// Light, dark or as the system has it: the same key and attribute as Django's admin, so both agree.
// A classic script in the head, not a module: it must act before the first paint.
"use strict";
{
  const MODES = ["auto", "light", "dark"];
  const root = document.documentElement;

  function saved() {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage is switched off: the choice lasts for this page
    }
  }

  function apply(mode) {
    root.dataset.theme = MODES.includes(mode) ? mode : "auto";
  }

  function keep(mode) {
    try {
      localStorage.setItem("theme", mode);
    } catch {
      // see saved()
    }
  }

  /** Every switch says which mode is on, in its own translated words. */
  function label() {
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      button.querySelector("[data-theme-name]").textContent = button.dataset[root.dataset.theme];
      button.querySelector("use").setAttribute("href", `#icon-${root.dataset.theme}`);
    }
  }

  function change(event) {
    if (!event.target.closest("[data-theme-switch]")) return;
    apply(MODES[(MODES.indexOf(root.dataset.theme) + 1) % MODES.length]);
    keep(root.dataset.theme);
    label();
    announce();
  }

  /** Charts paint with colours that style sheets cannot reach, so they are told. */
  function announce() {
    document.dispatchEvent(new Event("theme-changed"));
  }

  apply(saved());
  document.addEventListener("DOMContentLoaded", label);
  document.addEventListener("click", change);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", announce);
  addEventListener("storage", (event) => {
    if (event.key !== "theme") return;
    apply(event.newValue);
    label();
    announce();
  });
}
