// The tab Label, in the scope of its sheet (sheet.js). Sends "prefill" when the sheet asks the model to look, "ahead"
// when it has and can look at the next document, "question" for a new question, "turned" when a page with other
// lines is shown, "select" for choices.
let asked = "";
const askModel = () => {
  const { document: number, schema, waits } = sheet()?.dataset ?? {};
  if (!number || waits === "later" || ["questions", "lines"].includes(schema)) return;
  if (waits === "failed") { // asked anew when the server says "now" again, as when the tab is entered
    asked = "";
    return;
  }
  const key = `${number} ${schema}`;
  if (key === asked) return;
  asked = key;
  trigger(waits ? "prefill" : "ahead");
};

let added = ""; // the question that was added last, to be answered next
const addQuestion = (text) => {
  const question = text.trim().replace(/\s+/g, " ");
  if (!question) return;
  added = question;
  trigger("question", { question });
};
element.addEventListener("submit", (event) => {
  event.preventDefault();
  const field = event.target.elements.question;
  addQuestion(field.value);
  field.value = "";
});
element.addEventListener("click", (event) => {
  const suggestion = event.target.closest("[data-question]");
  if (suggestion) addQuestion(suggestion.dataset.question);
  const choice = event.target.closest("[data-choice]");
  if (choice) trigger("select", { choice: choice.dataset.choice });
});
document.addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== "KeyN" || !isVisible()) return;
  event.preventDefault();
  trigger("select", { choice: "next:" });
});
document.addEventListener("docvlm:shown", (event) => {
  const page = sheet()?.dataset.pageOf;
  if (isVisible() && event.detail.read && (page ? Number(page) !== event.detail.page : element.querySelector(".unread"))) {
    trigger("turned");
  }
});
watch("value", () => {
  askModel();
  if (added && ownerNamed(added)) {
    focus(ownerNamed(added));
    added = "";
  }
});
