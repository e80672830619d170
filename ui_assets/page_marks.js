// Values and their boxes, lit both ways. Every element of the right column that carries data-mark (its name),
// data-page and data-boxes has its boxes on the page; what is on view there is on view here.
let marks = [];
let chosen = null;
let wanted = null; // a mark whose page is being fetched
const handled = new Set();

const readMarks = () =>
  [...document.querySelectorAll("#right [data-boxes]")]
    .filter((owner) => owner.offsetParent !== null)
    .map((owner) => ({
      name: owner.dataset.mark,
      page: Number(owner.dataset.page),
      boxes: JSON.parse(owner.dataset.boxes),
      level: owner.dataset.level ?? "sure",
      owner,
    }));

const drawMarks = () => {
  if (!view) return;
  const layer = group("marks");
  layer.replaceChildren();
  const margin = Math.max(2, view.width / 400);
  for (const mark of marks) {
    mark.owner.classList.toggle("chosen", mark.name === chosen);
    if (mark.page !== view.number) continue;
    const lit = mark.name === chosen;
    for (const [x0, y0, x1, y1] of mark.boxes) {
      const box = [Math.max(0, x0 - margin), Math.max(0, y0 - margin),
        Math.min(view.width, x1 + margin), Math.min(view.height, y1 + margin)];
      rect(layer, `mark ${mark.level}${lit ? " evidence-box" : ""}`, box, { "data-of": mark.name });
    }
  }
  if (wanted && reveal(wanted)) wanted = null;
};

const reveal = (name) => {
  const box = [...group("marks").children].find((child) => child.dataset.of === name);
  if (!box) return false;
  const [inner, outer] = [box.getBoundingClientRect(), scroller.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom) {
    scroller.scrollTop += inner.top - outer.top - outer.height / 3;
  }
  if (inner.left < outer.left || inner.right > outer.right) {
    scroller.scrollLeft += inner.left - outer.left - outer.width / 3;
  }
  return true;
};

// Light a value up; with `turn`, go to where it stands on the page, otherwise to where it stands in the list.
const choose = (name, turn = true) => {
  chosen = name;
  const mark = marks.find((known) => known.name === name);
  if (mark && turn && view && mark.page !== view.number) {
    wanted = name;
    turnTo(mark.page);
  }
  drawMarks();
  if (!mark) return;
  if (turn) reveal(name);
  else {
    mark.owner.scrollIntoView({ block: "nearest" });
    mark.owner.querySelector("input")?.focus({ preventScroll: true });
  }
};

const hover = (name) => {
  for (const box of group("marks").children) box.classList.toggle("hovered", box.dataset.of === name);
  for (const mark of marks) mark.owner.classList.toggle("hovered", mark.name === name);
};

const right = () => document.querySelector("#right");
document.addEventListener("pointerover", (event) => {
  const owner = event.target.closest?.("#right [data-mark]");
  hover(owner?.dataset.mark ?? event.target.closest?.("[data-of]")?.dataset.of ?? null);
});
document.addEventListener("focusin", (event) => {
  const owner = event.target.closest?.("#right [data-mark]");
  if (owner) choose(owner.dataset.mark);
});
document.addEventListener("click", (event) => {
  const owner = event.target.closest?.("#right [data-mark]");
  if (owner) choose(owner.dataset.mark);
});

// The lists on the right change by themselves; a new data-focus asks for its element to be lit.
let pending = false;
const refresh = () => {
  pending = false;
  marks = readMarks();
  if (chosen && !marks.some((mark) => mark.name === chosen)) chosen = null;
  drawMarks();
  const asked = document.querySelector("#right [data-focus]");
  if (asked && !handled.has(asked.dataset.focus)) {
    handled.add(asked.dataset.focus);
    choose(asked.dataset.mark);
  }
  const latest = document.querySelector("#answers [data-latest]"); // where the answers of several documents begin
  if (latest && !handled.has(latest.dataset.latest)) {
    handled.add(latest.dataset.latest);
    const list = document.querySelector("#answers");
    list.scrollTop += latest.getBoundingClientRect().top - list.getBoundingClientRect().top;
  }
};
const observe = () => {
  if (!right()) return void setTimeout(observe, 50);
  new MutationObserver((changes) => {
    if (changes.every((change) => change.target.closest?.(".evidence-crop"))) return; // nothing to mark in there
    if (!pending) { pending = true; requestAnimationFrame(refresh); }
  }).observe(right(), {
    childList: true, subtree: true, attributes: true,
    attributeFilter: ["data-boxes", "data-page", "data-focus", "style", "hidden"],
  });
  refresh();
};
observe();
watch("value", draw);
draw();
