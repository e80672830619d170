// Light, dark, or as the system has it. Runs in the head, before Gradio's own script, which follows the system;
// a choice is remembered in this browser and put over that as soon as the page has a body.
(() => {
  const KEY = "docvlm-colours";
  const system = matchMedia("(prefers-color-scheme: dark)");
  let choice = "system";
  try {
    choice = localStorage.getItem(KEY) ?? choice;
  } catch { /* a browser that remembers nothing */ }

  const isWrong = (dark) => document.body && document.body.classList.contains("dark") !== dark;
  const put = (dark) => { if (isWrong(dark)) document.body.classList.toggle("dark", dark); };
  const keep = () => { if (choice === "dark" || choice === "light") put(choice === "dark"); };
  const choose = (wanted) => {
    choice = ["dark", "light"].includes(wanted) ? wanted : "system";
    try {
      if (choice === "system") localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, choice);
    } catch { /* it holds until the page is loaded again */ }
    put(choice === "system" ? system.matches : choice === "dark");
  };

  const watch = () => {
    keep();
    new MutationObserver(keep).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  };
  if (document.body) watch();
  else addEventListener("DOMContentLoaded", watch);
  addEventListener("storage", (event) => { if (event.key === KEY) choose(event.newValue ?? "system"); });

  document.addEventListener("change", (event) => {
    if (event.target.matches?.("#colours select")) choose(event.target.value);
  });
  window.docvlmColours = () => choice;
})();
