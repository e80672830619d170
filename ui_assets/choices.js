// Runs once for each list. A click (or Enter) on an element with data-choice is sent to the server as "select";
// data-confirm asks again first. A box with data-choice-toggle is sent as "tick", in turn: a list drawn before the
// last tick must not come after it. A form with data-form is sent as "submitted" with its fields.
const send = (choice) => trigger("select", { choice });

// What a button said before it asked again, by the button.
const asking = new WeakMap();

const takeBack = (button) => {
  const { choice, before, label, timer } = asking.get(button) ?? {};
  clearTimeout(timer);
  asking.delete(button);
  // A row that was drawn in this one's place meanwhile keeps what it says.
  if (!button.classList.contains("confirming") || button.dataset.choice !== choice) return;
  button.classList.remove("confirming");
  button.innerHTML = before;
  if (label) button.setAttribute("aria-label", label);
};

const confirmed = (button, clicks) => {
  if (!button.dataset.confirm) return true;
  if (button.classList.contains("confirming")) {
    if (clicks > 1) return false; // the second half of a double click is no answer
    takeBack(button);
    return true;
  }
  const label = button.getAttribute("aria-label");
  const timer = setTimeout(takeBack, 4000, button);
  asking.set(button, { choice: button.dataset.choice, before: button.innerHTML, label, timer });
  button.classList.add("confirming");
  button.textContent = button.dataset.confirm;
  if (label) button.setAttribute("aria-label", `${button.dataset.confirm}: ${label}`);
  return false;
};

element.addEventListener("click", (event) => {
  const page = event.target.closest("[data-turn]");
  if (page) {
    document.dispatchEvent(new CustomEvent("docvlm:turn", { detail: Number(page.dataset.turn) }));
    return;
  }
  const chosen = event.target.closest("[data-choice]:not([disabled])");
  if (chosen && confirmed(chosen, event.detail)) send(chosen.dataset.choice);
});

// What is folded out stays so when the list comes again.
const folds = new Map();
const foldKey = (fold) => `${fold.className} ${[...element.querySelectorAll("details")].indexOf(fold)}`;
element.addEventListener("toggle", (event) => {
  if (event.target.tagName === "DETAILS") folds.set(foldKey(event.target), event.target.open);
}, true);
watch("value", () => {
  for (const fold of element.querySelectorAll("details")) {
    const open = folds.get(foldKey(fold));
    if (open !== undefined && open !== fold.open) fold.open = open;
  }
});

// A list that was drawn before the server knew of a tick must not take it back, nor may a tick stay in the
// place of a row when another row comes there.
const ticks = new Map();
watch("value", () => {
  const toggles = [...element.querySelectorAll("[data-choice-toggle]")];
  const shown = new Set(toggles.map((toggle) => toggle.dataset.choiceToggle));
  for (const key of ticks.keys()) if (!shown.has(key)) ticks.delete(key);
  for (const toggle of toggles) {
    const [key, known] = [toggle.dataset.choiceToggle, toggle.hasAttribute("checked")];
    if (ticks.get(key) === known) ticks.delete(key);
    toggle.checked = ticks.get(key) ?? known;
  }
});

element.addEventListener("change", (event) => {
  const toggle = event.target.closest("[data-choice-toggle]");
  if (toggle) {
    ticks.set(toggle.dataset.choiceToggle, toggle.checked);
    trigger("tick", { choice: `${toggle.dataset.choiceToggle}:${toggle.checked ? 1 : 0}` });
  }
  const picked = event.target.closest("select[data-choice-prefix]");
  if (picked) send(picked.dataset.choicePrefix + picked.value);
});

element.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  if (form.dataset.unlock !== undefined) {
    const field = form.querySelector("input");
    trigger("submitted", { form: `unlock:${form.dataset.unlock}`, password: field.value });
    field.value = "";
  } else if (form.dataset.form) {
    const fields = Object.fromEntries(new FormData(form, event.submitter));
    trigger("submitted", { ...fields, form: form.dataset.form });
  }
});
