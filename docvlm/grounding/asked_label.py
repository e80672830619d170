"""What stands on a page beside the label that a question names.

"What is the policy number?", asked about a page that prints "Policy number:", means what is written beside
it. A small model now and then takes a neighbour's value instead, or finds none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from docvlm.grounding.runs import PageWords, WordRun
from docvlm.types import Box, Word

_QUOTED = re.compile(r"[\"“„«](?P<label>[^\"“”„«»]+)[\"“”»]")
_ALPHANUMERIC = re.compile(r"[^\W_]")
_DIGIT_FIRST = re.compile(r"\W*\d")
_MARKS = ".?!:;,*#()[]"

_SAME_ROW = 0.4  # of the lower of two heights, which two words of one row have in common
_OTHER_TEXT = 1.2  # of the line height: white from which on another text begins
_OTHER_THING = 0.6  # of the line height: white behind a label, which is wider than between its words
_SLACK = 0.5  # of the line height, by which a word may reach into the one before it
_FAR_BELOW = 2.5  # of the answer's height, from which on it is another label's
_MOST_WORDS = 40  # of an answer


def words_instead(question: str, answer: WordRun | None, words: PageWords) -> tuple[Word, ...]:
    """The words beside the label that a question names, where an answer stands neither there nor below it.

    A question names a label in quotation marks, or is nothing but its words. On the page they must begin a
    text and have a colon, white or a figure behind them; what stands beside goes as far as the next label on
    that row. Nothing where there is no such place or several, and on pages that are not read from left to
    right.

    Args:
        answer: the model's; None for "not found".
    """
    if not _is_level(words):
        return ()
    asked = _what_is_asked(question)
    labels = [run for run in words.find_loosely(asked) if _is_label(run, words)]
    if len(labels) != 1:
        return ()
    beside = _words_beside(labels[0], words)
    if answer is not None and (answer.words[0] in beside or _is_below(answer.boxes[0], labels[0].box)):
        return ()
    return beside


def run_that_says(words: Sequence[Word], text: str | None) -> WordRun | None:
    """The first of the words, which stand on one row, that together say ``text``."""
    said = (text or "").split(" ")
    if not text or [word.text for word in words[: len(said)]] != said:
        return None
    found = tuple(words[: len(said)])
    return WordRun(found, (Box.around(word.box for word in found),))


def _what_is_asked(question: str) -> str:
    quoted = _QUOTED.search(question)
    return (quoted["label"] if quoted else question).strip(_MARKS + " ")


def _words_beside(label: WordRun, words: PageWords) -> tuple[Word, ...]:
    kept: list[Word] = []
    edge = label.boxes[-1]
    for text in _texts_beside(label, words):
        apart = text[0].box.x0 - edge.x1 > _OTHER_TEXT * edge.height
        if any(word.text.endswith(":") for word in (text if apart else text[-1:])):
            break
        kept += text
        edge = text[-1].box
    while kept and not _ALPHANUMERIC.search(kept[0].text):
        kept = kept[1:]
    return tuple(kept[:_MOST_WORDS])


def _is_below(answer: Box, label: Box) -> bool:
    """Whether an answer stands under a label, as values of a table do under their head."""
    below = answer.y0 - label.y1
    return (
        min(label.x1, answer.x1) > max(label.x0, answer.x0)
        and -_SLACK * label.height <= below < _FAR_BELOW * answer.height
    )


def _is_label(run: WordRun, words: PageWords) -> bool:
    """Whether a run begins where a text begins, and something else stands behind it."""
    texts = _texts_beside(run, words)
    ends = run.words[-1].text.endswith(":") or not texts
    if not ends:
        behind = texts[0][0]
        white = behind.box.x0 - run.words[-1].box.x1
        ends = white > _OTHER_THING * run.boxes[-1].height or bool(
            _DIGIT_FIRST.match(behind.text) or not _ALPHANUMERIC.search(behind.text)
        )
    return ends and _begins_a_text(run, words)


def _begins_a_text(run: WordRun, words: PageWords) -> bool:
    row = words.lines[words.row_of(run)]
    place = next(number for number, word in enumerate(row) if word is run.words[0])
    if place == 0:
        return True
    before = row[place - 1]
    white = run.words[0].box.x0 - before.box.x1
    return before.text[-1:] in _MARKS or white > _OTHER_TEXT * run.boxes[0].height


def _texts_beside(label: WordRun, words: PageWords) -> list[list[Word]]:
    """The texts to the right of a label on its row of the page: words together that stand close."""
    last = label.boxes[-1]
    taken = {id(word) for word in label.words}
    row = sorted(
        (
            word
            for line in words.lines
            for word in line
            if id(word) not in taken
            and _on_row(word.box, last)
            and word.box.x0 >= last.x1 - _SLACK * last.height
        ),
        key=lambda word: word.box.x0,
    )
    texts: list[list[Word]] = []
    edge = last.x1
    for word in row:
        if not texts or word.box.x0 - edge > _OTHER_TEXT * last.height:
            texts.append([])
        texts[-1].append(word)
        edge = word.box.x1
    return texts


def _on_row(one: Box, other: Box) -> bool:
    common = min(one.y1, other.y1) - max(one.y0, other.y0)
    return common >= _SAME_ROW * min(one.height, other.height)


def _is_level(words: PageWords) -> bool:
    """Whether most rows of the page run from left to right."""
    rows = [row for row in words.lines if len(row) > 1]
    level = sum(_runs_rightwards(row) for row in rows)
    return 2 * level > len(rows)


def _runs_rightwards(row: Sequence[Word]) -> bool:
    first, last = row[0].box, row[-1].box
    return last.x0 > first.x0 and last.center[0] - first.center[0] > abs(last.center[1] - first.center[1])
