// The table in which a schema is built, in the scope of choices.js. Sends "build" with {action: save | import | delete |
// close, name, fields, json}.
const body = () => element.querySelector("tbody");
const kinds = () => element.querySelector("template")?.content ?? null;

const rows = () =>
  [...body().rows].map((row) => ({
    name: row.querySelector("[data-of=name]").value.trim(),
    type: row.querySelector("[data-of=type]").value,
    hint: row.querySelector("[data-of=hint]").value.trim(),
  })).filter((row) => row.name);
const addRow = () => {
  body().append(kinds().cloneNode(true));
  body().lastElementChild.querySelector("input").focus();
};
const removeRow = (row) => {
  const beside = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  (beside?.querySelector("input") ?? element.querySelector("[data-build=add]")).focus();
};

element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-build]");
  if (!button || !confirmed(button, event.detail)) return;
  event.preventDefault();
  const action = button.dataset.build;
  if (action === "add") addRow();
  else if (action === "remove") removeRow(button.closest("tr"));
  else {
    trigger("build", {
      action,
      name: element.querySelector("[data-of=schema]")?.value.trim() ?? "",
      fields: body() ? rows() : [],
      json: element.querySelector("[data-of=json]")?.value ?? "",
    });
  }
});
element.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
  event.preventDefault();
  if (event.target.closest("tbody")) addRow();
});
