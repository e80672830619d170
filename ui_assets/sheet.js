// A sheet of values. Enter accepts the value and goes on, arrows move, Delete in a value that is selected whole
// says that the document does not have it, Escape takes back what was typed, Ctrl+Z undoes the last label,
// Ctrl+Enter accepts all that is left. A word clicked or a box drawn on the page becomes the value that was last
// in focus. Sends "edit", "undo" and "finish"; "rows" when a row of a list is added or removed.
const sheet = () => element.querySelector(".sheet");
const owners = () => [...element.querySelectorAll("[data-name]")];
const ownerOf = (target) => target.closest?.("[data-name]");
const inputOf = (owner) => owner?.querySelector("input");
const isVisible = () => element.offsetParent !== null;
const edits = new Map(); // name → {text, typed, page, boxes}, not accepted yet; behind `typed` characters text is an offer
const accepted = []; // names, the last accepted last
const sent = new Map(); // name → the text that was accepted, until the server says the same
const ownFrom = new Map(); // list → number of its first row that a person added; behind those that the model found
let active = null;
let entering = null; // the first cell of a row that was added, to be in focus once it is there

const ownerNamed = (name) => owners().find((owner) => owner.dataset.name === name) ?? null;
const current = () => ownerNamed(active);
const focus = (owner) => {
  const input = inputOf(owner);
  if (!input) return;
  active = owner.dataset.name; // an element that stands for another value now is in focus already, and says nothing
  input.focus({ preventScroll: true });
  input.select();
  owner.scrollIntoView({ block: "nearest" });
};
const putCaret = (owner) => { // where typing goes on
  const { text, typed } = edits.get(owner.dataset.name) ?? {};
  if (text !== undefined) inputOf(owner).setSelectionRange(typed ?? text.length, text.length);
};
// The model has found rows, and those that were added before go behind them: so does what is typed in them.
const makeRoom = () => {
  for (const { dataset: { list, ownFrom: from } } of element.querySelectorAll("[data-own-from]")) {
    const [before, now] = [ownFrom.get(list) ?? Number(from), Number(from)];
    ownFrom.set(list, now);
    if (now <= before) continue;
    const moved = (name) => {
      const [, items, row, column] = /^(.+)\[(\d+)\](.*)$/.exec(name ?? "") ?? [];
      return items === list && Number(row) >= before ? `${items}[${Number(row) + now - before}]${column}` : name;
    };
    for (const known of [edits, sent]) {
      const all = [...known].map(([name, value]) => [moved(name), value]);
      known.clear();
      for (const [name, value] of all) known.set(name, value);
    }
    accepted.splice(0, accepted.length, ...accepted.map(moved));
    [active, entering] = [moved(active), moved(entering)];
  }
};
const isDone = (owner) => owner.classList.contains("confirmed") || owner.classList.contains("sent");
const isWaiting = () => sheet()?.hasAttribute("data-waits"); // the model has yet to look
const taken = (owner) => {
  const name = owner.dataset.name;
  const text = inputOf(owner).value;
  const { page, boxes } = edits.get(name) ?? {};
  edits.delete(name);
  accepted.push(name);
  sent.set(name, text.trim().replace(/\s+/g, " "));
  owner.classList.remove("edited");
  owner.classList.add("sent");
  return { name, text, ...(boxes ? { page, boxes } : {}) };
};
const accept = (...all) => {
  const { document: number, schema } = sheet().dataset;
  if (all.length) trigger("edit", { document: Number(number), schema, lists: Object.fromEntries(ownFrom), values: all.map(taken) });
};
const move = (from, step) => {
  const all = owners();
  focus(all[Math.min(all.length - 1, Math.max(0, all.indexOf(from) + step))]);
};
const finish = () => {
  trigger("finish", { document: Number(sheet().dataset.document) });
  const next = [...document.querySelectorAll("#right [data-next]")].find((button) => button.offsetParent !== null);
  next?.focus();
};
const goOn = (from) => {
  const all = owners();
  const rest = [...all.slice(all.indexOf(from) + 1), ...all.slice(0, all.indexOf(from))];
  const next = rest.find((owner) => !isDone(owner) && !owner.closest("table")) ?? rest.find((owner) => !isDone(owner));
  if (next) focus(next);
  else finish();
};
const acceptEmpty = (owner) => {
  inputOf(owner).value = "";
  edits.delete(owner.dataset.name);
  accept(owner);
  goOn(owner);
};
const undo = () => {
  const name = accepted.pop();
  sent.delete(name);
  trigger("undo");
  active = name; // where it is shown again only by what the server says
  focus(ownerNamed(name));
};
const isUndo = (event) => event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey);

// What is typed in the rows of a list goes along, because rows move up when one goes.
const changeRows = ({ rows: action, items, row, cell }) => {
  const { document: number, schema } = sheet().dataset;
  const isOfList = (name) => name.startsWith(`${items}[`);
  const inRow = (name) => row && name.startsWith(`${items}[${row}].`);
  const typed = owners().filter(({ dataset: { name } }) => edits.has(name) && isOfList(name) && !inRow(name));
  const values = typed.map(taken);
  if (action === "remove") {
    for (const known of [edits, sent]) [...known.keys()].filter(isOfList).forEach((name) => known.delete(name));
    const cells = owners().filter((owner) => isOfList(owner.dataset.name));
    const gone = cells.filter((owner) => inRow(owner.dataset.name));
    const next = cells[cells.indexOf(gone.at(-1)) + 1] ?? cells[cells.indexOf(gone[0]) - 1];
    accepted.push(gone[0].dataset.name);
    if (next) focus(next);
    else element.querySelector(`[data-rows="add"][data-items="${CSS.escape(items)}"]`).focus();
  } else {
    accepted.push(cell ?? `${items}[1]`);
    entering = cell ?? null;
  }
  const lists = Object.fromEntries(ownFrom);
  trigger("rows", { document: Number(number), schema, lists, action, items, row: row ?? "", values });
};

element.addEventListener("focusin", (event) => {
  const owner = ownerOf(event.target);
  if (owner) active = owner.dataset.name;
});
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-absent]");
  if (button) acceptEmpty(ownerOf(button));
  const change = event.target.closest("[data-rows]");
  if (change) changeRows(change.dataset);
});
element.addEventListener("input", (event) => {
  const owner = ownerOf(event.target);
  if (!owner) return;
  owner.classList.add("edited");
  edits.set(owner.dataset.name, { text: inputOf(owner).value });
});
element.addEventListener("keydown", (event) => {
  const owner = ownerOf(event.target);
  if (isUndo(event) && event.target.closest("[data-rows]")) {
    event.preventDefault();
    undo();
  }
  if (!owner || event.isComposing || event.target !== inputOf(owner)) return;
  const input = inputOf(owner);
  const untouched = input.value === input.getAttribute("value");
  const isWhole = input.selectionStart === 0 && input.selectionEnd === input.value.length;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    if (isWaiting()) return;
    const inTable = owner.closest("table"); // rows are accepted from within them only, because they are many
    accept(...owners().filter((other) => !isDone(other) && (inTable || !other.closest("table"))));
    finish();
  } else if (event.key === "Enter") {
    // An empty value before the model has looked is no statement that the document does not have it.
    if (!isWaiting() || input.value) accept(owner);
    if (event.shiftKey) move(owner, -1);
    else if (isWaiting() && !input.value) move(owner, 1);
    else goOn(owner);
  } else if (event.key === "ArrowDown") move(owner, 1);
  else if (event.key === "ArrowUp") move(owner, -1);
  else if (event.key === "Delete" && isWhole && !event.ctrlKey && !event.shiftKey) acceptEmpty(owner);
  else if (event.key === "Escape") {
    input.value = input.getAttribute("value");
    owner.classList.remove("edited");
    edits.delete(owner.dataset.name);
  } else if (isUndo(event) && untouched) undo();
  else return;
  event.preventDefault();
});

const point = (detail, add) => {
  const owner = current();
  if (!owner || !isVisible() || !detail || !detail.text) return;
  const input = inputOf(owner);
  const before = add ? edits.get(active) : null;
  const together = before?.boxes && before.page === detail.page;
  input.value = together ? `${input.value} ${detail.text}` : detail.text;
  edits.set(active, {
    text: input.value,
    page: detail.page,
    boxes: together ? [...before.boxes, ...detail.boxes] : detail.boxes,
  });
  owner.classList.add("edited");
  focus(owner);
};
document.addEventListener("docvlm:pick", (event) => point(event.detail, event.detail.add));
document.addEventListener("docvlm:region", (event) => {
  if (!event.detail || !isVisible() || !current()) return;
  point(event.detail, false);
  document.dispatchEvent(new CustomEvent("docvlm:clear-region"));
});

// What the server did not keep is typed text again, to be accepted once more.
let refused = "";
const takeBackRefused = () => {
  const now = sheet()?.dataset.refused ?? refused;
  if (now === refused) return;
  refused = now;
  for (const [name, text] of sent) if (!edits.has(name)) edits.set(name, { text, refused: true });
  accepted.splice(0, accepted.length, ...accepted.filter((name) => !sent.has(name)));
  sent.clear();
};

let shown = "";
watch("value", () => {
  const now = sheet() ? `${sheet().dataset.document} ${sheet().dataset.schema} ${sheet().dataset.pageOf ?? ""}` : "";
  if (now !== shown) [edits, sent, ownFrom].forEach((known) => known.clear());
  makeRoom();
  takeBackRefused();
  // Elements are reused for other values when rows come in, so each gets its own text again.
  for (const owner of owners()) {
    const [name, input] = [owner.dataset.name, inputOf(owner)];
    const isKept = (text) => text === input.getAttribute("value") && owner.classList.contains("confirmed");
    if (edits.get(name)?.refused && isKept(edits.get(name).text)) edits.delete(name); // others were kept after it
    const edit = edits.get(name);
    if (isKept(sent.get(name))) sent.delete(name);
    owner.classList.toggle("edited", Boolean(edit));
    owner.classList.toggle("sent", sent.has(name));
    const text = edit?.text ?? sent.get(name) ?? input.getAttribute("value");
    if (input.value === text) continue;
    input.value = text;
    if (input === document.activeElement) putCaret(owner);
  }
  if (now === shown && entering && ownerNamed(entering)) {
    if (isVisible()) focus(ownerNamed(entering));
    entering = null;
  }
  if (now === shown) {
    const [owner, focused] = [current(), document.activeElement];
    const holder = element.contains(focused) ? ownerOf(focused) : null;
    const isLost = focused === document.body || (holder && holder !== owner);
    const isUntouched = focused === inputOf(owner) && !edits.has(active);
    if (owner && isVisible() && (isLost || isUntouched)) {
      focus(owner); // selected, so that typing replaces it
      putCaret(owner);
    }
    return;
  }
  shown = now;
  accepted.length = 0;
  active = entering = null;
  if (now && isVisible()) focus(owners().find((owner) => !isDone(owner)) ?? owners()[0]);
});
