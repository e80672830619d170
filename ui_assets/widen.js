// Takes more or fewer of the page's words into a value by keyboard, in the scope of sheet.js and completion.js. Alt and
// an arrow work at its end: right takes the next word, left drops the last, down takes the rest of the line or the line
// below, up drops the last line. With Shift they work at its beginning, left takes and right drops; down and up go to
// the next and the previous run of print. What was typed so far stands for the first place where it is printed.
const REACH = 2.5; // heights of a line, from the middle of one to the middle of the next

const runsOf = (words) => {
  const runs = [];
  words.forEach((word, index) => {
    if (index && goesOn(words[index - 1], word)) runs.at(-1).push(index);
    else runs.push([index]);
  });
  return runs;
};
const placeOf = (run, words) => {
  const [first, last] = [words[run[0]], words[run.at(-1)]];
  return { left: first[1], right: last[3], middle: (first[2] + first[4]) / 2, height: first[4] - first[2] };
};
// The nearest run straight below (step 1) or above (step -1), none where only white is near.
const lineBeside = (run, runs, words, step) => {
  const here = placeOf(run, words);
  const distance = (other) => (placeOf(other, words).middle - here.middle) * step;
  const isBeside = (other) => {
    const { left, right } = placeOf(other, words);
    return left < here.right && right > here.left
      && distance(other) > here.height / 2 && distance(other) < REACH * here.height;
  };
  return runs.filter(isBeside).sort((one, other) => distance(one) - distance(other))[0];
};

// The words behind a value: those taken before, or else those that say what stands in the field, best where the
// value was found, or else all in the boxes where it was found.
const wordsBehind = (owner, words) => {
  const edit = edits.get(owner.dataset.name);
  if (edit?.chosen && edit.page === printedPage()) return edit.chosen;
  const { page, boxes } = edit ? {} : owner.dataset;
  const found = Number(page) === printedPage() ? JSON.parse(boxes) : [];
  const isFound = ([, x0, y0, x1, y1]) => found.some(([left, top, right, bottom]) =>
    (x0 + x1) / 2 > left && (x0 + x1) / 2 < right && (y0 + y1) / 2 > top && (y0 + y1) / 2 < bottom);
  const said = inputOf(owner).value.toLowerCase().split(" ").filter(Boolean);
  const saysAt = (start) => said.every((text, place) => {
    const printed = words[start + place]?.[0].toLowerCase() ?? "";
    return place < said.length - 1 ? printed === text : printed.startsWith(text);
  });
  const starts = said.length ? [...words.keys()].filter(saysAt) : [];
  const start = starts.find((index) => isFound(words[index])) ?? starts[0];
  return start === undefined ? [...words.keys()].filter((index) => isFound(words[index])) : said.map((_, place) => start + place);
};

const widened = (chosen, words, key, isShifted) => {
  const runs = runsOf(words);
  if (!chosen.length) return { ArrowRight: runs[0].slice(0, 1), ArrowDown: runs[0] }[key] ?? chosen;
  const runWith = (index) => runs.find((run) => run.includes(index));
  const [first, last] = [chosen[0], chosen.at(-1)];
  const [top, line] = [runWith(first), runWith(last)];
  const rest = line.slice(line.indexOf(last) + 1);
  if (isShifted) {
    const before = top[top.indexOf(first) - 1] ?? lineBeside(top, runs, words, -1)?.at(-1);
    return {
      ArrowLeft: before === undefined ? chosen : [before, ...chosen],
      ArrowRight: chosen.length > 1 ? chosen.slice(1) : chosen,
      ArrowDown: runs[runs.indexOf(line) + 1] ?? chosen,
      ArrowUp: runs[runs.indexOf(top) - 1] ?? chosen,
    }[key];
  }
  const below = lineBeside(line, runs, words, 1) ?? [];
  const without = chosen.filter((index) => !line.includes(index));
  return {
    ArrowRight: [...chosen, ...(rest.length ? rest : below).slice(0, 1)],
    ArrowLeft: chosen.length > 1 ? chosen.slice(0, -1) : chosen,
    ArrowDown: [...chosen, ...(rest.length ? rest : below)],
    ArrowUp: without.length ? without : chosen,
  }[key];
};

element.addEventListener("keydown", (event) => {
  const [owner, words] = [ownerOf(event.target), printedWords()];
  if (!event.altKey || event.ctrlKey || event.metaKey || !/^Arrow/.test(event.key)) return;
  if (!owner || event.target !== inputOf(owner) || sheet().dataset.schema === "lines") return;
  event.preventDefault();
  event.stopPropagation(); // arrows alone go to other values
  const behind = wordsBehind(owner, words);
  if (!words.length || (!behind.length && inputOf(owner).value)) return; // what is printed nowhere stays as it is
  const chosen = widened(behind, words, event.key, event.shiftKey);
  const text = chosen.map((index) => words[index][0]).join(" ");
  if (!text) return;
  const boxes = chosen.map((index) => words[index].slice(1, 5));
  edits.set(owner.dataset.name, { text, page: printedPage(), boxes, chosen });
  owner.classList.add("edited");
  inputOf(owner).value = text;
  putCaret(owner);
}, true);
