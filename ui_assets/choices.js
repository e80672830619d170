// Runs once for each list or page view. A click (or Enter) on an element with data-choice is sent to
// the server; a number field with data-choice-prefix sends prefix + number. Zoom stays in the browser.
const send = (choice) => trigger("select", { choice });

element.addEventListener("click", (event) => {
  const zoom = event.target.closest("[data-zoom]");
  if (zoom) {
    const now = Number(element.style.getPropertyValue("--zoom") || 1);
    const next = Math.min(3, Math.max(0.5, now + 0.25 * Number(zoom.dataset.zoom)));
    element.style.setProperty("--zoom", String(next));
    return;
  }
  const chosen = event.target.closest("[data-choice]:not([disabled])");
  if (chosen) send(chosen.dataset.choice);
});

element.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" && event.key !== " ") return;
  const chosen = event.target.closest("[data-choice]:not(button)");
  if (!chosen) return;
  event.preventDefault();
  send(chosen.dataset.choice);
});

element.addEventListener("change", (event) => {
  const field = event.target.closest("[data-choice-prefix]");
  if (!field) return;
  const number = Math.round(Number(field.value) || 1);
  field.value = String(Math.min(Number(field.max), Math.max(Number(field.min), number)));
  send(field.dataset.choicePrefix + field.value);
});

// Evidence that is out of sight is scrolled into view, inside the page only.
watch("value", () => {
  const pane = element.querySelector(".page-scroll");
  const box = element.querySelector(".evidence-box");
  if (!pane || !box) return;
  const outer = pane.getBoundingClientRect();
  const inner = box.getBoundingClientRect();
  if (inner.top < outer.top || inner.bottom > outer.bottom) {
    pane.scrollTop += inner.top - outer.top - outer.height / 3;
  }
  if (inner.left < outer.left || inner.right > outer.right) {
    pane.scrollLeft += inner.left - outer.left - outer.width / 3;
  }
});
