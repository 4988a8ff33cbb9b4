// An open explanation closes with Escape, or with a click beside it.

export function closeExplanations(page = document) {
  page.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close(page, (open) => open.querySelector("summary").focus());
  });
  page.addEventListener("click", (event) => {
    if (!event.target.closest(".explain[open]")) close(page);
  });
}

function close(page, then = () => {}) {
  for (const open of page.querySelectorAll(".explain[open]")) {
    open.open = false;
    then(open);
  }
}
