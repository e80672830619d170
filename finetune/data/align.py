"""From what a person says is right to the words of the page that say it.

A model is trained to copy words of the page, and decoding allows nothing else, so the target of a label is
a run of words: the one that the label means. A label whose run is in doubt gets none, because a wrong
target teaches a mistake and a missing one costs an example.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein

from docvlm.grounding import PageWords, WordRun
from docvlm.schemas import FieldSpec, FieldType, PageContext
from docvlm.schemas.letters import compact
from docvlm.types import Box
from finetune.data.documents import FieldLabel, QuestionLabel, RowsLabel
from finetune.data.text_places import text_places
from finetune.data.typed_places import typed_places

_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DECIMAL = re.compile(r"-?\d+\.\d+")


def align_field(label: FieldLabel, spec: FieldSpec, words: PageWords, context: PageContext) -> WordRun | None:
    """The run of words that a label means; None where it has no value, or stands nowhere for certain.

    Of several places the one at the label's boxes is taken, else the one that fits name and hint best.

    Args:
        label: values are tried one after the other until one is found.
        spec: for a typed field only runs that read as the type count, as in decoding.
        words: those of a page, or of the window of it that the model sees.
        context: how the page writes dates and amounts.
    """
    return _align(label.accepted, label.boxes, spec.cues, spec, words, context)


def align_answer(label: QuestionLabel, words: PageWords, context: PageContext) -> WordRun | None:
    """The run of words that answers a question; None where it is not answered, or nowhere for certain."""
    return _align(label.answers, label.boxes, label.question, FieldSpec("answer"), words, context)


def align_rows(
    label: RowsLabel, spec: FieldSpec, words: PageWords, context: PageContext
) -> tuple[tuple[WordRun | None, ...], ...]:
    """For each row the runs of its cells in the order of ``spec.columns``; None for a cell that is not found.

    The cells of a row are taken from one height of the page, and no place serves two rows.
    """
    taken: set[int] = set()
    rows = []
    for row in label.rows:
        cells = {cell.name.casefold(): cell for cell in row}
        places = [
            _cell_places(cells.get(column.name.casefold()), column, words, context) for column in spec.columns
        ]
        rows.append(words.choose_row(places, taken))
    return tuple(rows)


def _cell_places(
    cell: FieldLabel | None, column: FieldSpec, words: PageWords, context: PageContext
) -> list[WordRun]:
    for value in cell.accepted if cell else ():
        if places := _places(value, column, words, context):
            return places
    return []


def _align(
    values: Sequence[str],
    boxes: Sequence[Box],
    cues: str,
    spec: FieldSpec,
    words: PageWords,
    context: PageContext,
) -> WordRun | None:
    for value in values:
        places = _places(value, spec, words, context)
        at_the_boxes = [run for run in places if _overlap(run, boxes)]
        if at_the_boxes:
            return max(at_the_boxes, key=lambda run: _overlap(run, boxes))
        if places:
            return words.best(places, cues)
    return None


def _places(value: str, spec: FieldSpec, words: PageWords, context: PageContext) -> list[WordRun]:
    """Every place that a value can mean, each once."""
    found = typed_places(value, spec, words, context)
    if found is None:
        found = text_places(value, words) or _other_form(value, words, context)
    return _closest_of_each_place(found, value)


def _other_form(value: str, words: PageWords, context: PageContext) -> tuple[WordRun, ...]:
    """The places of a text label that is an ISO date or a plain decimal and may be printed otherwise."""
    for form, kind in ((_ISO_DATE, FieldType.DATE), (_DECIMAL, FieldType.AMOUNT)):
        if form.fullmatch(value):
            return typed_places(value, FieldSpec("value", kind), words, context) or ()
    return ()


def _closest_of_each_place(runs: Sequence[WordRun], value: str) -> list[WordRun]:
    """Of runs that share words, such as ``RM 9.00`` and ``9.00``, the one that is most like ``value``."""
    wanted = compact(value)

    def difference(run: WordRun) -> tuple[int, int]:
        return Levenshtein.distance(compact(run.text), wanted), len(run.words)

    taken: set[int] = set()
    chosen: list[WordRun] = []
    for run in sorted(runs, key=difference):
        own = {id(word) for word in run.words}
        if taken.isdisjoint(own):
            chosen.append(run)
            taken |= own
    return sorted(chosen, key=lambda run: (run.box.y0, run.box.x0))


def _overlap(run: WordRun, boxes: Sequence[Box]) -> float:
    """How well a run covers the boxes: the area in common over the area of both."""
    shared = sum(
        common.area for own in run.boxes for box in boxes if (common := own.intersection(box)) is not None
    )
    whole = sum(box.area for box in (*run.boxes, *boxes)) - shared
    return shared / whole if whole > 0 else 0.0
