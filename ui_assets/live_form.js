// Forms with data-live are sent as "submitted" while they are changed, a moment after the last key.
// Each change has a number. A form that comes from the server made from an older change (asked for before
// the person typed) gets back what was typed, and that is sent again: what is typed is never undone.
let pending = 0;
let typed = null;
const liveForm = () => element.querySelector("form[data-live]");
let change = Number(liveForm()?.dataset.change ?? 0);

const sendSoon = (wait) => {
  clearTimeout(pending);
  pending = setTimeout(() => trigger("submitted", { ...typed, form: liveForm().dataset.form, change: String(change) }), wait);
};

for (const kind of ["input", "change"]) {
  element.addEventListener(kind, (event) => {
    const form = event.target.closest("form[data-live]");
    if (!form) return;
    typed = Object.fromEntries(new FormData(form));
    change += 1;
    sendSoon(event.target.tagName === "INPUT" ? 250 : 0);
  });
}

watch("value", () => {
  const form = liveForm();
  if (!form) return;
  const known = Number(form.dataset.change);
  if (!typed || known >= change) {
    change = Math.max(change, known);
    return;
  }
  for (const [name, value] of Object.entries(typed)) form.elements[name].value = value;
  sendSoon(0);
});
