// A knowledge note as the AI reads it, while it is written.

/** The note as one block: "# title", then its text. Empty while there is nothing to read. */
export function block(title, text) {
  const [head, body] = [title.trim(), text.trim()];
  return head || body ? `# ${head}\n${body}` : "";
}

/** Keeps the preview of `form` in step with what is typed. Does nothing to a form without one. */
export function follow(form) {
  const preview = form.querySelector("[data-note-preview]");
  const [title, text] = ["title", "text"].map((name) => form.querySelector(`[name=${name}]`));
  if (!preview || !title || !text) return;
  const show = () => {
    preview.textContent = block(title.value, text.value);
    preview.hidden = !preview.textContent;
  };
  form.addEventListener("input", show);
  show();
}

if (typeof document !== "undefined") document.querySelectorAll("form").forEach(follow);
