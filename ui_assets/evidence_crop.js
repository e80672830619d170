// The print behind the value in focus, cut out of the page picture that is shown (page_view.js), at the bottom of
// a sheet of values, in the scope of sheet.js. It lies over the sheet there, so nothing moves when it comes or goes.
const CROP = { height: 60, zoom: 1.5, around: 0.5, beside: 2 }; // pixels; times the page's; in heights of a line

const evidenceOf = (owner) => {
  const edit = edits.get(owner.dataset.name);
  if (edit?.boxes) return edit; // pointed out, and not accepted yet
  const { page, boxes } = owner.dataset;
  return boxes ? { page: Number(page), boxes: JSON.parse(boxes), text: inputOf(owner).getAttribute("value") } : null;
};
const titleOf = (owner) => {
  const label = owner.querySelector("label")?.textContent;
  if (label) return label;
  const row = owner.dataset.name.match(/\[(\d+)\]/)?.[1];
  return `${owner.closest("table").tHead.rows[0].cells[owner.cellIndex].textContent}, row ${row}`;
};
// Where the picture stands on the page: what is printed in the boxes, and a little around it.
const areaAround = (boxes, width, height) => {
  const line = Math.min(...boxes.map(([, y0, , y1]) => y1 - y0));
  const [x0, y0] = [0, 1].map((side) => Math.min(...boxes.map((box) => box[side])));
  const [x1, y1] = [2, 3].map((side) => Math.max(...boxes.map((box) => box[side])));
  const [left, top] = [Math.max(0, x0 - CROP.beside * line), Math.max(0, y0 - CROP.around * line)];
  const [right, bottom] = [Math.min(width, x1 + CROP.beside * line), Math.min(height, y1 + CROP.around * line)];
  return { left, top, width: right - left, height: bottom - top };
};
const paint = (canvas, picture, boxes, space) => {
  const { width, height } = document.querySelector("#page-view .overlay").viewBox.baseVal; // pixels of the page
  const area = areaAround(boxes, width, height);
  const zoom = Math.min(CROP.zoom, CROP.height / area.height, space / area.width);
  const [sharp, sent] = [window.devicePixelRatio, picture.naturalWidth / width]; // large pages are sent smaller
  canvas.style.width = `${area.width * zoom}px`;
  canvas.style.height = `${area.height * zoom}px`;
  canvas.width = Math.max(1, Math.round(area.width * zoom * sharp));
  canvas.height = Math.max(1, Math.round(area.height * zoom * sharp));
  const pen = canvas.getContext("2d");
  const part = [area.left, area.top, area.width, area.height].map((value) => value * sent);
  pen.drawImage(picture, ...part, 0, 0, canvas.width, canvas.height);
  pen.setTransform(zoom * sharp, 0, 0, zoom * sharp, -area.left * zoom * sharp, -area.top * zoom * sharp);
  pen.strokeStyle = "#b45309";
  pen.lineWidth = 1.5 / zoom;
  for (const [x0, y0, x1, y1] of boxes) pen.strokeRect(x0 - 1, y0 - 1, x1 - x0 + 2, y1 - y0 + 2);
};

const showCrop = () => {
  const holder = element.querySelector(".evidence-crop");
  if (!holder || !isVisible()) return;
  const [owner, picture] = [current(), document.querySelector("#page-view .page-sheet img")];
  const evidence = owner && evidenceOf(owner);
  const isThere = evidence && picture.complete && picture.naturalWidth > 0
    && picture.dataset.key === `${sheet().dataset.document}/${evidence.page}`;
  holder.classList.toggle("shown", Boolean(isThere));
  if (!isThere) return void holder.replaceChildren();
  const canvas = holder.querySelector("canvas") ?? document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${titleOf(owner)} on page ${evidence.page}, read as ${evidence.text}`);
  const words = holder.querySelector("small") ?? document.createElement("small");
  words.ariaHidden = "true"; // a cell says it itself
  words.textContent = edits.has(owner.dataset.name) ? "" : owner.dataset.said ?? ""; // fields have it beside them
  if (!canvas.parentNode) holder.append(canvas, words);
  paint(canvas, picture, evidence.boxes, holder.clientWidth - 18 - words.offsetWidth);
};
let isCropDue = false;
const cropSoon = () => {
  if (isCropDue) return;
  isCropDue = true;
  requestAnimationFrame(() => {
    isCropDue = false;
    showCrop();
  });
};
for (const kind of ["focusin", "input", "keyup", "click"]) element.addEventListener(kind, cropSoon);
for (const kind of ["docvlm:pick", "docvlm:region"]) document.addEventListener(kind, cropSoon);
document.addEventListener("load", cropSoon, true); // the picture of another page; it does not bubble
window.addEventListener("resize", cropSoon);
watch("value", cropSoon);
