"""Labels of drawn pages: what is printed, where it stands, and what is not there."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from finetune.data.documents import FieldLabel, RowsLabel
from finetune.synthesis.drawing import KINDS, draw_page
from finetune.synthesis.drawing.labels import labelled
from finetune.synthesis.kinds import absent_facts, document_kinds


@pytest.mark.parametrize("kind", KINDS)
def test_every_value_has_a_place_and_every_absent_one_has_none(kind: str) -> None:
    page = draw_page("labels", [kind])
    document = labelled(page, Path("page.jpg"), "0" * 64, Random(1))
    fields = [label for label in document.fields if isinstance(label, FieldLabel)]
    for label in fields:
        if label.value is None:
            assert label.name in absent_facts(page.document, document_kinds()[page.document.kind].facts)
            assert label.boxes == ()
        else:
            assert label.value == page.document.facts[label.name]
            assert label.boxes
    assert len({label.name for label in document.fields}) == len(document.fields)


def test_a_list_has_a_row_for_each_printed_item() -> None:
    for number in range(6):
        page = draw_page(f"rows:{number}", ["invoice"])
        document = labelled(page, Path("page.jpg"), "0" * 64, Random(1))
        rows = [label for label in document.fields if isinstance(label, RowsLabel)]
        printed = page.document.rows("items")
        assert [len(label.rows) for label in rows] == [len(printed)]
        assert [[cell.value for cell in row] for row in rows[0].rows] == [[*row.values()] for row in printed]


def test_questions_and_transcript_are_about_the_page() -> None:
    page = draw_page("asked", ["receipt"])
    document = labelled(page, Path("page.jpg"), "0" * 64, Random(3), questions=5)
    text = page.document.reading.text
    assert document.transcripts[0].text == text
    assert len(document.questions) >= 3
    for question in document.questions:
        for answer in question.answers:
            assert answer in text.replace("\n", " ")
