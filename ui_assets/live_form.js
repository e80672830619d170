// Forms with data-live are sent as "submitted" while they are changed, a moment after the last key.
let pending = 0;
const sendForm = (form) => trigger("submitted", { ...Object.fromEntries(new FormData(form)), form: form.dataset.form });

for (const kind of ["input", "change"]) {
  element.addEventListener(kind, (event) => {
    const form = event.target.closest("form[data-live]");
    if (!form) return;
    clearTimeout(pending);
    pending = setTimeout(() => sendForm(form), event.target.tagName === "INPUT" ? 250 : 0);
  });
}
