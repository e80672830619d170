// Completes what is typed in a sheet with what is printed on the page, in the scope of sheet.js. What is offered
// stands selected behind the caret: typing goes over it, Backspace drops it, Enter accepts it with the rest, End
// or the right arrow keeps it. Offered is the rest of a run of words, where all runs that go on like what is
// typed agree, and nothing behind a word that is printed just as it was typed: what is typed out stays as it is.
const printedWords = () => document.querySelector("#page-view .overlay")?.printed ?? []; // [text, x0, y0, x1, y1, …]

const printedPage = () => document.querySelector("#page-view .overlay")?.printedPage;

// Whether `next` stands behind `word` in the same run of print.
const goesOn = ([, , y0, x1, y1], [, x0, top, , bottom]) => {
  const [height, middle] = [y1 - y0, (top + bottom) / 2];
  return middle > y0 && middle < y1 && x0 > x1 - height && x0 < x1 + 1.2 * height;
};
const runFrom = (words, index) => {
  let end = index + 1;
  while (end < words.length && goesOn(words[end - 1], words[end])) end += 1;
  return words.slice(index, end).map(([text]) => text);
};
const shared = (one, other) => {
  const end = one.findIndex((word, index) => word !== other[index]);
  return end < 0 ? one : one.slice(0, end);
};

// The printed words that go on like the last word typed, that one included; none where it is left to the person.
const completion = (typed) => {
  const before = typed.toLowerCase().split(" ");
  const [last, asTyped] = [before.pop(), typed.slice(typed.lastIndexOf(" ") + 1)];
  if (!last && !before.length) return [];
  const words = printedWords();
  const same = (index, word) => words[index]?.[0].toLowerCase() === word;
  let found = null;
  for (let index = before.length; index < words.length; index += 1) {
    if (!before.every((word, place) => same(index - before.length + place, word))) continue;
    if (!words[index][0].toLowerCase().startsWith(last)) continue;
    if (words[index][0] === asTyped) return [];
    found = found ? shared(found, runFrom(words, index)) : runFrom(words, index);
  }
  return found ?? [];
};

element.addEventListener("input", (event) => {
  const [owner, input] = [ownerOf(event.target), event.target];
  if (!owner || input !== inputOf(owner) || event.inputType !== "insertText" || event.isComposing) return;
  if (sheet().dataset.schema === "lines") return; // there a person says what the reader got wrong
  const typed = input.value;
  const rest = completion(typed).join(" ");
  if (!rest || input.selectionEnd !== typed.length) return;
  input.value = typed.slice(0, typed.lastIndexOf(" ") + 1) + rest;
  input.setSelectionRange(typed.length, input.value.length);
  edits.set(owner.dataset.name, { text: input.value, typed: typed.length });
});
