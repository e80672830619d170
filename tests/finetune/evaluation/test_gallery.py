"""Of what changed the most telling is shown, with the words where they stand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from docvlm.config import Settings
from docvlm.schemas import load_schema
from docvlm.types import Box
from finetune.data.documents import FieldLabel
from finetune.data.readings import Readings
from finetune.evaluation import Comparison, compare
from finetune.evaluation.gallery import PICTURES, Outcome, draw_gallery, most_telling
from tests.finetune.data.pages import pdf_of
from tests.finetune.evaluation.judged import document, evaluation, judged


def comparison_of(fixed: int, broken: int, still_wrong: int) -> Comparison:
    changes = [("right", "wrong", "right")] * fixed + [("right", "right", "wrong")] * broken
    changes += [("right", "wrong", "other")] * still_wrong
    changes += [("right", "right", "right")]
    before = [document(number, judged("total", one[0], one[1])) for number, one in enumerate(changes)]
    after = [document(number, judged("total", one[0], one[2])) for number, one in enumerate(changes)]
    return compare(evaluation(*before), evaluation(*after))


@pytest.mark.parametrize(
    ("counts", "shown"),
    [((2, 1, 3), (2, 1, 3)), ((100, 100, 100), (4, 4, 4)), ((0, 100, 2), (0, 10, 2)), ((0, 0, 0), (0, 0, 0))],
)
def test_each_outcome_has_its_share(counts: tuple[int, int, int], shown: tuple[int, int, int]) -> None:
    chosen = [outcome for outcome, _ in most_telling(comparison_of(*counts), 12)]
    found = tuple(chosen.count(one) for one in (Outcome.FIXED, Outcome.BROKEN, Outcome.STILL_WRONG))
    assert found == shown
    assert chosen == sorted(chosen, key=list(Outcome).index)


def test_every_field_has_its_turn_and_the_surest_comes_first() -> None:
    sure = [0.5, 0.6, 0.7, 0.1]
    before = [document(number, judged("a", "x", "x"), judged("b", "x", "x")) for number in range(4)]
    after = [
        document(number, judged("a", "x", "y", confidence=one), judged("b", "x", "y", confidence=0.8))
        for number, one in enumerate(sure)
    ]
    chosen = [change.after for _, change in most_telling(compare(evaluation(*before), evaluation(*after)), 4)]
    assert [value.name for value in chosen] == ["b", "a", "b", "a"]
    assert [value.confidence for value in chosen if value.name == "a"] == [0.7, 0.6]


def test_a_value_is_shown_where_its_label_stands(tmp_path: Path, settings: Settings) -> None:
    page = pdf_of(tmp_path / "receipt.pdf", "Harbour Books", "Total 12.50", "Cash 20.00")
    page = replace(page, fields=(FieldLabel("total", "12.50"), FieldLabel("tip", None)))
    with Readings.open(settings) as readings:
        words = {word.text: word.box for word in readings.of(page)[0].words}
        own = replace(document(0), sha256=page.sha256, name=page.name)
        before = replace(own, values=(judged("total", "12.50", None), judged("tip", None, None)))
        wrong = judged("total", "12.50", "20.00", boxes=(words["20.00"],))
        after = replace(own, values=(wrong, judged("tip", None, "Books", boxes=(words["Books"],))))
        entries = draw_gallery(
            compare(evaluation(before), evaluation(after)),
            [page],
            load_schema("total:amount, tip"),
            readings,
            tmp_path,
        )
    assert [(entry.outcome, entry.name, entry.before, entry.after, entry.page) for entry in entries] == [
        (Outcome.BROKEN, "tip", None, "Books", 1),
        (Outcome.STILL_WRONG, "total", None, "20.00", 1),
    ]
    invented, wrong_total = (_colours(tmp_path / PICTURES / str(entry.picture)) for entry in entries)
    assert invented == (False, True)  # a field that is not there has no words of its own
    assert wrong_total == (True, True)


def test_a_document_that_is_gone_is_told_without_picture(tmp_path: Path, settings: Settings) -> None:
    page = replace(pdf_of(tmp_path / "gone.pdf", "Total 12.50"), fields=(FieldLabel("total", "12.50"),))
    page.path.unlink()  # type: ignore[union-attr]
    own = replace(document(0), sha256=page.sha256, name=page.name)
    comparison = compare(
        evaluation(replace(own, values=(judged("total", "12.50", None),))),
        evaluation(replace(own, values=(judged("total", "12.50", "9", boxes=(Box(1, 2, 3, 4),)),))),
    )
    with Readings.open(settings) as readings:
        (entry,) = draw_gallery(comparison, [page], load_schema("total:amount"), readings, tmp_path)
    assert (entry.after, entry.picture, entry.page) == ("9", None, None)


def _colours(file: Path) -> tuple[bool, bool]:
    """Whether a picture has pixels of the label's green and of the answer's red."""
    pixels = cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB).astype(int)
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    return bool(np.any(green > red + 80)), bool(np.any((red > green + 100) & (red > blue + 100)))
