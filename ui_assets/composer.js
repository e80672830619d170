// The question field. Sends "ask" with question, scope and region, and "stop". props.value: {busy, suggestions}.
const form = element.querySelector("form");
const question = form.elements.question;
const chip = form.querySelector(".region-chip");
const PLACES = { document: "this document", page: "this page", selected: "the selected documents" };
let region = null;

const sayWhere = () => {
  question.placeholder = `Ask about ${region ? "what is in the box" : PLACES[form.elements.scope.value]}`;
};
form.elements.scope.addEventListener("change", sayWhere);
const setRegion = (detail) => {
  region = detail;
  chip.hidden = !detail;
  if (detail) chip.firstElementChild.textContent = `Box on page ${detail.page}`;
  form.elements.scope.hidden = Boolean(detail);
  sayWhere();
};
const send = (text) => {
  const asked = text.trim();
  if (!asked || form.classList.contains("busy")) return;
  question.value = "";
  trigger("ask", {
    question: asked,
    scope: region ? "" : form.elements.scope.value,
    region: region && { page: region.page, box: region.box },
  });
};

form.addEventListener("submit", (event) => {
  event.preventDefault();
  send(question.value);
});
question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send(question.value);
  }
});
form.addEventListener("click", (event) => {
  const suggestion = event.target.closest("[data-suggest]");
  if (suggestion) send(suggestion.dataset.suggest);
  if (event.target.closest("[data-clear-region]")) {
    setRegion(null);
    document.dispatchEvent(new CustomEvent("docvlm:clear-region"));
  }
  if (event.target.closest(".stop")) trigger("stop");
});
document.addEventListener("docvlm:region", (event) => {
  if (event.detail && element.offsetParent === null) return;
  setRegion(event.detail);
  if (event.detail) question.focus();
});
watch("value", () => {
  const state = props.value ?? {};
  const was = form.classList.contains("busy");
  form.classList.toggle("busy", Boolean(state.busy));
  form.querySelector(".stop").hidden = !state.busy;
  form.querySelector(".primary").hidden = Boolean(state.busy);
  form.querySelector(".suggested").innerHTML = state.suggestions ?? "";
  if (was && !state.busy && element.offsetParent !== null) question.focus();
});
