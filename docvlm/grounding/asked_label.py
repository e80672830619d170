"""What stands on a page beside the label that a question names.

'What is the value of "Policy number"?', asked about a page that prints "Policy number:", means what is
written beside it. A small model now and then takes a neighbour's value instead, or finds none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from docvlm.grounding.runs import PageWords, WordRun
from docvlm.types import Box, Word

_QUOTED = re.compile(r"[\"“„«»]([^\"“”„«»]+)[\"“”«»](\W*$)?")
_MARKS = ".?!:;,*#()[]"
_LEADER = re.compile(r"[.:_…·\-–—]+")
_DIGIT_FIRST = re.compile(r"\W*\d")
_LABEL_END = re.compile(r"[^\W_]\W*[:：](?!\S)")

_SAME_ROW = 0.4  # of the lower of two heights, which two words of one row have in common
_OTHER_TEXT = 1.2  # of the line height: white from which on another text begins
_OTHER_THING = 0.6  # of the line height: white behind a label, which is wider than between its words
_SLACK = 0.5  # of the line height, by which a word may reach into the one before it
_NEXT_ROW = 2.5  # of the answer's height, within which the next row begins
_MOST_WORDS = 40  # of an answer


def words_instead(question: str, answer: WordRun | None, words: PageWords) -> tuple[Word, ...]:
    """The words beside the label that a question names, where an answer has nothing to do with that label.

    A question names a label in quotation marks at its end, or is nothing but its words. On the page they must
    begin a text and have a colon, white or a figure behind them; what stands beside goes as far as the next
    label on that row. An answer is the label's own if it stands beside it, right below both, as in tables
    and boxes, or before it on its row, as ticks do. Nothing where there is no such label or several,
    and on pages whose rows do not run level from left to right.

    Args:
        answer: the model's; None for "not found".
    """
    label = _label(question, words) if _is_level(words) else None
    if label is None:
        return ()
    texts = _texts_beside(label, words)
    beside = tuple(word for text in texts for word in text)[:_MOST_WORDS]
    if not beside:
        return ()
    if answer is None:
        return beside
    first, last = answer.boxes[0], label.boxes[-1]
    value = Box.around(word.box for word in texts[0])
    cell = Box(label.box.x0, label.box.y0, max(label.box.x1, value.x0), label.box.y1)
    is_its_own = (
        any(word in beside for word in answer.words)
        or (_on_row(first, last) and first.x1 <= last.x0 + _SLACK * last.height)
        or _is_below(first, cell)
        or _is_below(first, value)
    )
    return () if is_its_own else beside


def run_that_says(words: Sequence[Word], text: str | None) -> WordRun | None:
    """The first of the words, which stand on one row, that together say ``text``."""
    said = (text or "").split(" ")
    if not text or [word.text for word in words[: len(said)]] != said:
        return None
    found = tuple(words[: len(said)])
    return WordRun(found, (Box.around(word.box for word in found),))


def _label(question: str, words: PageWords) -> WordRun | None:
    """The one place where what is asked about is a label of the page."""
    quoted = _QUOTED.findall(question)
    if len(quoted) > 1 or (quoted and not quoted[0][1]):
        return None  # a row and a column, a part of the page, the price of something
    asked = (quoted[0][0] if quoted else question).strip(_MARKS + " ")
    labels = [run for run in words.find_folded(asked) if _is_label(run, words)]
    return labels[0] if len(labels) == 1 else None


def _is_label(run: WordRun, words: PageWords) -> bool:
    """Whether a run begins where a text begins, and something else stands behind it."""
    row = _row_behind(run, words)
    last = run.words[-1]
    ends = last.text.endswith((":", "：")) or not row
    if not ends:
        behind = row[0]
        white = behind.box.x0 - last.box.x1
        ends = white > _OTHER_THING * run.boxes[-1].height or bool(
            _DIGIT_FIRST.match(behind.text) or _LEADER.fullmatch(behind.text)
        )
    return ends and _begins_a_text(run, words)


def _begins_a_text(run: WordRun, words: PageWords) -> bool:
    row = words.lines[words.row_of(run)]
    place = next(number for number, word in enumerate(row) if word is run.words[0])
    if place == 0:
        return True
    before = row[place - 1]
    white = run.words[0].box.x0 - before.box.x1
    return before.text.endswith(tuple(_MARKS)) or white > _OTHER_TEXT * run.boxes[0].height


def _texts_beside(label: WordRun, words: PageWords) -> list[list[Word]]:
    """The texts between a label and the next one on its row: words together that stand close."""
    texts: list[list[Word]] = []
    edge = label.boxes[-1].x1
    for word in _row_behind(label, words):
        if not texts and _LEADER.fullmatch(word.text) and word.text not in "-–—":
            edge = word.box.x1
            continue
        if not texts or word.box.x0 - edge > _OTHER_TEXT * label.boxes[-1].height:
            texts.append([])
        texts[-1].append(word)
        edge = word.box.x1
    says = (" ".join(word.text for word in text) for text in texts)
    labels = (number for number, text in enumerate(says) if _LABEL_END.search(text))
    return texts[: next(labels, len(texts))]


def _row_behind(run: WordRun, words: PageWords) -> list[Word]:
    """The words to the right of a run on its row of the page, whatever block they belong to."""
    last = run.boxes[-1]
    taken = {id(word) for word in run.words}
    row = (
        word
        for line in words.lines
        for word in line
        if id(word) not in taken and _on_row(word.box, last) and word.box.x0 >= last.x1 - _SLACK * last.height
    )
    return sorted(row, key=lambda word: word.box.x0)


def _is_below(answer: Box, above: Box) -> bool:
    """Whether an answer stands right below, as a value does under its head, or its second row."""
    below = answer.y0 - above.y1
    return (
        min(above.x1, answer.x1) > max(above.x0, answer.x0)
        and -_SLACK * above.height <= below < _NEXT_ROW * answer.height
    )


def _on_row(one: Box, other: Box) -> bool:
    common = min(one.y1, other.y1) - max(one.y0, other.y0)
    return common >= _SAME_ROW * min(one.height, other.height)


def _is_level(words: PageWords) -> bool:
    """Whether most rows of the page run from left to right, and level."""
    rows = [row for row in words.lines if len(row) > 1]
    level = sum(row[0].box.x0 < row[-1].box.x0 and _on_row(row[0].box, row[-1].box) for row in rows)
    return 2 * level > len(rows)
