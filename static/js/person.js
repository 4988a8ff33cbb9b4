// Who is named in a form is chosen from the page's list of people: a name that is typed can be wrong.

/** Puts a choice in the place of each field of `root` that takes a name from a list; it begins with what the field held. */
export function offerPeople(root, page = document) {
  for (const field of root.querySelectorAll("input[data-person]")) field.replaceWith(choice(field, page));
}

function choice(field, page) {
  const select = page.createElement("select");
  for (const name of ["name", "required", "autofocus", "aria-invalid", "aria-describedby"]) {
    if (field.hasAttribute(name)) select.setAttribute(name, field.getAttribute(name));
  }
  select.append(option(page, "", field.placeholder));
  for (const { value, label } of field.list?.options ?? []) {
    select.append(option(page, value, label && label !== value ? `${label} (${value})` : value));
  }
  select.value = field.value;
  if (select.selectedIndex < 0) select.value = "";
  return select;
}

function option(page, value, text) {
  const one = page.createElement("option");
  one.value = value;
  one.textContent = text;
  return one;
}
