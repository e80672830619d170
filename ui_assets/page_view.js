// The page in the middle: zoom, pan, overlays, picking words and drawing boxes. Runs once for the component
// "page-view"; page_marks.js goes on in the same scope. All boxes are [x0, y0, x1, y1] in pixels of the page.
// props.value: {key, name, count, number, width, height, image, words: [[text, x0, y0, x1, y1, confidence]]
// or null, tiles: [[row, column, x0, y0, x1, y1]] (none until the model is there), doubtful, problem}; null before a
// document is open.
const SVG = "http://www.w3.org/2000/svg";
const ZOOMS = [0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 2.5, 3, 4];
const find = (selector) => element.querySelector(selector);
const scroller = find(".page-scroll");
const sheet = find(".page-sheet");
const picture = find(".page-sheet img");
const overlay = find(".overlay");
const group = (name) => find(`.overlay .${name}`);
const numberField = find(".pager input");
let view = null;
let zoom = 1;
let drawing = false;

const node = (name, attributes, parent) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
};
const rect = (parent, kind, [x0, y0, x1, y1], more = {}) =>
  node("rect", { class: kind, x: x0, y: y0, width: Math.max(0, x1 - x0), height: Math.max(0, y1 - y0), ...more }, parent);

const turnTo = (number) => {
  const wanted = Math.min(view.count, Math.max(1, Math.round(number) || 1));
  numberField.value = wanted;
  keyBox = null;
  if (wanted !== view.number) trigger("select", { choice: `page:${wanted}` });
};

const drawWords = () => {
  const words = group("words");
  words.replaceChildren();
  (view.words ?? []).forEach(([, ...box], index) => {
    const confidence = box.pop();
    const kind = confidence < view.doubtful ? "word doubtful" : "word";
    rect(words, kind, box, { "data-word": index });
  });
  find("[data-count=words]").textContent = view.words ? view.words.length : "…";
  const doubtful = (view.words ?? []).filter((word) => word[5] < view.doubtful).length;
  find("[data-count=doubtful]").textContent = view.words ? doubtful : "…";
};

const drawTiles = () => {
  const tiles = group("tiles");
  tiles.replaceChildren();
  const size = Math.max(9, view.width / 55);
  for (const [row, column, ...box] of view.tiles) {
    rect(tiles, row ? "tile" : "tile whole-page", box, { "data-tile": `${row}.${column}` });
    if (!row) continue;
    const label = node("text", { x: box[0] + size * 0.4, y: box[1] + size * 1.2, "font-size": size }, tiles);
    label.textContent = `${row}.${column}`;
  }
  const grid = view.tiles.filter(([row]) => row).length;
  find("[data-count=tiles]").textContent = !view.tiles.length ? "…" : grid ? `${grid} + 1` : "1";
};

const draw = () => {
  const before = view;
  view = props.value;
  const shown = Boolean(view && view.image);
  element.classList.toggle("has-page", shown);
  element.dataset.read = view && view.words ? "1" : "0";
  find(".page-bar").hidden = !view;
  if (view) {
    const detail = { page: view.number, read: Boolean(view.words) };
    document.dispatchEvent(new CustomEvent("docvlm:shown", { detail }));
  }
  find(".page-empty .lead").textContent = view ? "No picture of this page" : "Open a document to begin";
  find(".page-empty .why").textContent = view
    ? view.problem
    : "Drop PDFs or images on the left, paste a screenshot anywhere, or choose a sample. Nothing leaves the machine that runs docvlm.";
  if (!view) {
    delete picture.dataset.key; // whatever is opened next is drawn anew
    return;
  }
  find(".page-title").textContent = find(".page-title").title = view.name;
  numberField.max = view.count;
  numberField.value = view.number;
  find(".pager .count").textContent = view.count;
  find("[data-step='-1']").disabled = view.number <= 1;
  find("[data-step='1']").disabled = view.number >= view.count;
  if (!shown) return;
  if (picture.dataset.key !== view.key) {
    picture.src = view.image;
    picture.dataset.key = view.key;
    picture.alt = `Page ${view.number} of ${view.name}`;
    clearRegion(); // the box was drawn on another page
    if (!before || before.key.split("/")[0] !== view.key.split("/")[0]) setZoom(1);
    scroller.scrollTo(0, 0);
  }
  sheet.style.aspectRatio = `${view.width} / ${view.height}`;
  overlay.setAttribute("viewBox", `0 0 ${view.width} ${view.height}`);
  overlay.printed = view.words ?? []; // completion.js offers them, widen.js takes them
  overlay.printedPage = view.number;
  drawWords();
  drawTiles();
  drawMarks();
};

// Zoom: 1 is the width of the pane. The point under the pointer stays where it is.
const setZoom = (wanted, clientX, clientY) => {
  const pane = scroller.getBoundingClientRect();
  const [x, y] = [(clientX ?? pane.left + pane.width / 2) - pane.left, (clientY ?? pane.top) - pane.top];
  const next = Math.min(ZOOMS.at(-1), Math.max(ZOOMS[0], wanted));
  const factor = next / zoom;
  zoom = next;
  sheet.style.setProperty("--zoom", zoom);
  scroller.scrollLeft = (scroller.scrollLeft + x) * factor - x;
  scroller.scrollTop = (scroller.scrollTop + y) * factor - y;
  find(".zoom output").textContent = `${Math.round(zoom * 100)} %`;
};
const stepZoom = (step) => {
  const next = step > 0 ? ZOOMS.find((value) => value > zoom + 0.01) : ZOOMS.findLast((value) => value < zoom - 0.01);
  if (next) setZoom(next);
};
const fitPage = () => {
  const pane = scroller.getBoundingClientRect();
  setZoom(Math.min(1, ((pane.height - 24) / (pane.width - 24)) * (view.width / view.height)));
};

const setDrawing = (on) => {
  drawing = on;
  find("[data-tool=box]").setAttribute("aria-pressed", String(on));
  scroller.classList.toggle("drawing", on);
  keyBox = null;
  if (on) scroller.focus();
};

const pagePoint = (event) => {
  const area = overlay.getBoundingClientRect();
  const x = ((event.clientX - area.left) / area.width) * view.width;
  const y = ((event.clientY - area.top) / area.height) * view.height;
  return [Math.min(view.width, Math.max(0, x)), Math.min(view.height, Math.max(0, y))];
};

const wordsWithin = ([x0, y0, x1, y1]) =>
  (view.words ?? []).filter(([, a, b, c, d]) => {
    const [x, y] = [(a + c) / 2, (b + d) / 2];
    return x >= x0 && x < x1 && y >= y0 && y < y1;
  });
const announce = (name, words, box, more = {}) =>
  document.dispatchEvent(
    new CustomEvent(name, {
      detail: {
        page: view.number,
        box,
        text: words.map((word) => word[0]).join(" "),
        boxes: words.map((word) => word.slice(1, 5)),
        ...more,
      },
    }),
  );

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || !view) return;
  if (button.dataset.step) turnTo(view.number + Number(button.dataset.step));
  else if (button.dataset.zoom) stepZoom(Number(button.dataset.zoom));
  else if (button.dataset.tool === "width") setZoom(1);
  else if (button.dataset.tool === "page") fitPage();
  else if (button.dataset.tool === "box") setDrawing(!drawing);
  else if (button.dataset.tool === "inspect") trigger("select", { choice: "inspect:" });
});

element.addEventListener("change", (event) => {
  if (event.target === numberField) turnTo(Number(numberField.value));
  const layer = event.target.dataset.layer;
  if (layer) sheet.classList.toggle(`show-${layer}`, event.target.checked);
});

scroller.addEventListener("wheel", (event) => {
  if (!event.ctrlKey || !view) return;
  event.preventDefault();
  setZoom(zoom * Math.exp(-event.deltaY / 300), event.clientX, event.clientY);
}, { passive: false });

scroller.addEventListener("keydown", (event) => {
  if (!view || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = {
    "+": () => stepZoom(1), "=": () => stepZoom(1), "-": () => stepZoom(-1), "0": () => setZoom(1),
    f: fitPage, b: () => setDrawing(!drawing),
    PageDown: () => turnTo(view.number + 1), PageUp: () => turnTo(view.number - 1),
    Escape: () => { setDrawing(false); clearRegion(); },
  }[event.key];
  if (act) { event.preventDefault(); act(); }
});

const clearRegion = () => {
  group("region").replaceChildren();
  document.dispatchEvent(new CustomEvent("docvlm:region", { detail: null }));
};
document.addEventListener("docvlm:clear-region", () => group("region").replaceChildren());
document.addEventListener("docvlm:turn", (event) => { if (view) turnTo(event.detail); });

// A drag draws a box with the box tool or Shift, and moves the page otherwise; a click or a tap picks a word.
// A finger without the box tool scrolls, which is the browser's work and cancels the tap.
let drag = null;
scroller.addEventListener("pointerdown", (event) => {
  if (!view?.image || event.button > 1 || !event.isPrimary) return;
  if (event.target === scroller && event.offsetX > scroller.clientWidth) return; // the scroll bar
  const boxed = event.button === 0 && (drawing || event.shiftKey);
  const isTap = event.pointerType === "touch" && !drawing;
  drag = { boxed, isTap, moved: false, x: event.clientX, y: event.clientY, start: pagePoint(event), target: event.target,
    left: scroller.scrollLeft, top: scroller.scrollTop };
  if (!isTap) scroller.setPointerCapture(event.pointerId);
});
scroller.addEventListener("pointermove", (event) => {
  if (!drag) return;
  if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > 4) drag.moved = true;
  if (!drag.moved || drag.isTap) return;
  if (!drag.boxed) {
    scroller.classList.add("panning");
    scroller.scrollTo(drag.left - event.clientX + drag.x, drag.top - event.clientY + drag.y);
    return;
  }
  const [a, b] = [drag.start, pagePoint(event)];
  drag.box = [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1])];
  group("region").replaceChildren();
  rect(group("region"), "region-box", drag.box);
});
scroller.addEventListener("pointerup", (event) => {
  const done = drag;
  drag = null;
  scroller.classList.remove("panning");
  if (!done) return;
  if (done.boxed && done.box) {
    announce("docvlm:region", wordsWithin(done.box), done.box.map((value) => Math.round(value)));
    setDrawing(false);
  } else if (!done.moved) {
    const mark = done.target.closest?.("[data-of]");
    const index = done.target.closest?.("[data-word]")?.dataset.word ?? wordAt(done.start);
    if (index !== undefined && view.words) {
      const word = view.words[index];
      announce("docvlm:pick", [word], word.slice(1, 5), { add: event.ctrlKey || event.metaKey });
    } else clearRegion();
    if (mark) choose(mark.dataset.of, false);
  }
});
scroller.addEventListener("pointercancel", () => { drag = null; });
const wordAt = ([x, y]) => {
  const index = (view.words ?? []).findIndex(([, a, b, c, d]) => x >= a && x < c && y >= b && y < d);
  return index < 0 ? undefined : index;
};
