// A sheet of values. Enter accepts the value and goes on, arrows move, Escape takes back what was typed, Ctrl+Z
// undoes the last label, Ctrl+Enter accepts all that is left. A word clicked or a box drawn on the page becomes
// the value that was last in focus. Sends "edit", "undo" and "finish".
const sheet = () => element.querySelector(".sheet");
const owners = () => [...element.querySelectorAll("[data-name]")];
const ownerOf = (target) => target.closest?.("[data-name]");
const inputOf = (owner) => owner?.querySelector("input");
const isVisible = () => element.offsetParent !== null;
const edits = new Map(); // name → {page, boxes} of words pointed out and not accepted yet
let active = null;

const current = () => owners().find((owner) => owner.dataset.name === active) ?? null;
const focus = (owner) => {
  const input = inputOf(owner);
  if (!input) return;
  input.focus({ preventScroll: true });
  input.select();
  owner.scrollIntoView({ block: "nearest" });
};
const isDone = (owner) => owner.classList.contains("confirmed") || owner.classList.contains("sent");
const accept = (owner) => {
  const name = owner.dataset.name;
  trigger("edit", {
    document: Number(sheet().dataset.document),
    schema: sheet().dataset.schema,
    name,
    text: inputOf(owner).value,
    ...(edits.get(name) ?? {}),
  });
  edits.delete(name);
  owner.classList.remove("edited");
  owner.classList.add("sent");
};
const move = (from, step) => {
  const all = owners();
  focus(all[Math.min(all.length - 1, Math.max(0, all.indexOf(from) + step))]);
};
const goOn = (from) => {
  const all = owners();
  const rest = [...all.slice(all.indexOf(from) + 1), ...all.slice(0, all.indexOf(from))];
  const next = rest.find((owner) => !isDone(owner) && !owner.closest("table")) ?? rest.find((owner) => !isDone(owner));
  if (next) focus(next);
  else trigger("finish", { document: Number(sheet().dataset.document) });
};

element.addEventListener("focusin", (event) => {
  const owner = ownerOf(event.target);
  if (owner) active = owner.dataset.name;
});
element.addEventListener("input", (event) => {
  const owner = ownerOf(event.target);
  if (!owner) return;
  owner.classList.add("edited");
  edits.delete(owner.dataset.name);
});
element.addEventListener("keydown", (event) => {
  const owner = ownerOf(event.target);
  if (!owner || event.isComposing) return;
  const input = inputOf(owner);
  const untouched = input.value === input.getAttribute("value");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    for (const other of owners()) if (!isDone(other) && !other.closest("table")) accept(other);
    trigger("finish", { document: Number(sheet().dataset.document) });
  } else if (event.key === "Enter") {
    accept(owner);
    if (event.shiftKey) move(owner, -1);
    else goOn(owner);
  } else if (event.key === "ArrowDown") move(owner, 1);
  else if (event.key === "ArrowUp") move(owner, -1);
  else if (event.key === "Escape") {
    input.value = input.getAttribute("value");
    owner.classList.remove("edited");
    edits.delete(owner.dataset.name);
  } else if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && untouched) trigger("undo");
  else return;
  event.preventDefault();
});

const point = (detail, add) => {
  const owner = current();
  if (!owner || !isVisible() || !detail || !detail.text) return;
  const input = inputOf(owner);
  const before = add ? edits.get(active) : null;
  const together = before && before.page === detail.page;
  input.value = together ? `${input.value} ${detail.text}` : detail.text;
  edits.set(active, { page: detail.page, boxes: together ? [...before.boxes, ...detail.boxes] : detail.boxes });
  owner.classList.add("edited");
  focus(owner);
};
document.addEventListener("docvlm:pick", (event) => point(event.detail, event.detail.add));
document.addEventListener("docvlm:region", (event) => {
  if (!event.detail || !isVisible() || !current()) return;
  point(event.detail, false);
  document.dispatchEvent(new CustomEvent("docvlm:clear-region"));
});

let shown = "";
watch("value", () => {
  const now = sheet() ? `${sheet().dataset.document} ${sheet().dataset.schema}` : "";
  for (const owner of owners()) {
    owner.classList.toggle("edited", edits.has(owner.dataset.name));
    if (now !== shown) inputOf(owner).value = inputOf(owner).getAttribute("value");
  }
  if (now === shown) return;
  shown = now;
  edits.clear();
  active = null;
  if (now && isVisible() && element.dataset.focus !== "no") focus(owners().find((owner) => !isDone(owner)));
});
