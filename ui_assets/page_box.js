// A box by the keyboard: B, then arrows move it, Shift with arrows changes its size, Enter takes it, Escape drops
// it. Goes on in the scope of page_view.js.
const STEP = 0.02; // of the page's width or height
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
let keyBox = null;

// A strip in the middle of what is seen of the page.
const firstBox = () => {
  const [pane, area] = [scroller.getBoundingClientRect(), overlay.getBoundingClientRect()];
  const [x, y] = pagePoint({
    clientX: (Math.max(pane.left, area.left) + Math.min(pane.right, area.right)) / 2,
    clientY: (Math.max(pane.top, area.top) + Math.min(pane.bottom, area.bottom)) / 2,
  });
  const [half, height] = [view.width / 6, view.height / 40];
  return within([x - half, y - height, x + half, y + height]);
};
const within = ([x0, y0, x1, y1]) => {
  const [width, height] = [Math.min(x1 - x0, view.width), Math.min(y1 - y0, view.height)];
  const left = Math.min(view.width - width, Math.max(0, x0));
  const top = Math.min(view.height - height, Math.max(0, y0));
  return [left, top, left + width, top + height];
};
const showBox = () => {
  group("region").replaceChildren();
  const drawn = rect(group("region"), "region-box", keyBox);
  drawn.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  const text = wordsWithin(keyBox).map((word) => word[0]).join(" ");
  find(".box-told").textContent = text ? `In the box: ${text}` : "No words in the box";
};
const changeBox = ([right, down], grows) => {
  const [dx, dy] = [right * STEP * view.width, down * STEP * view.height];
  const [x0, y0, x1, y1] = keyBox ?? firstBox();
  const [least, lowest] = [x0 + STEP * view.width, y0 + STEP * view.height];
  if (keyBox === null) keyBox = [x0, y0, x1, y1];
  else if (grows) keyBox = [x0, y0, Math.min(view.width, Math.max(least, x1 + dx)), Math.min(view.height, Math.max(lowest, y1 + dy))];
  else keyBox = within([x0 + dx, y0 + dy, x1 + dx, y1 + dy]);
  showBox();
};

scroller.addEventListener("keydown", (event) => {
  if (!view?.image || !drawing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (ARROWS[event.key]) changeBox(ARROWS[event.key], event.shiftKey);
  else if (event.key === "Enter" && keyBox) {
    announce("docvlm:region", wordsWithin(keyBox), keyBox.map((value) => Math.round(value)));
    find(".box-told").textContent = "The box is taken";
    setDrawing(false);
  } else return;
  event.preventDefault();
});
