from __future__ import annotations

import pytest

from docvlm.errors import UsageError
from docvlm.pipeline import DocumentLabels, is_line_name, line_name, page_of_line
from docvlm.reading import READER_VERSION
from docvlm.store import LabelKind, Store
from docvlm.types import DocumentInfo
from tests.pages import reading_of

TRANSCRIPT = "text of page 1"


@pytest.fixture
def labels(store: Store) -> DocumentLabels:
    document = store.add_document(DocumentInfo("1" * 64, "1.pdf", "application/pdf", 1, 8))
    store.save_reading(document, reading_of(["C0rner Shop", "Total  9,00"], confidence=0.6), READER_VERSION)
    return DocumentLabels(store, document)


def _kept(store: Store, kind: LabelKind = LabelKind.TRANSCRIPT) -> dict[str, str | None]:
    return {record.label.name: record.label.value for record in store.labels(kind=kind)}


def test_lines_come_as_they_were_read_and_then_as_a_person_says(labels: DocumentLabels) -> None:
    first, second = labels.lines(1)
    assert (first.text, first.confidence, first.is_checked) == ("C0rner Shop", 0.6, False)
    labels.transcribe(1, first.name, " Corner  Shop ")
    labels.transcribe(1, second.name, "")
    first, second = labels.lines(1)
    assert (first.read, first.text, first.confidence, first.is_checked) == (
        "C0rner Shop",
        "Corner Shop",
        1.0,
        True,
    )
    assert (second.text, second.is_checked) == ("", True)


def test_a_page_has_a_transcript_once_all_of_its_lines_are_checked(
    labels: DocumentLabels, store: Store
) -> None:
    first, second = labels.lines(1)
    labels.transcribe(1, second.name, second.text)
    assert TRANSCRIPT not in _kept(store)
    labels.transcribe(1, first.name, "Corner Shop")
    assert _kept(store)[TRANSCRIPT] == "Corner Shop\nTotal 9,00"
    labels.transcribe(1, second.name, "")
    assert _kept(store)[TRANSCRIPT] == "Corner Shop"
    assert labels.undo() == second.name
    assert _kept(store)[TRANSCRIPT] == "Corner Shop\nTotal 9,00"
    assert labels.undo() == first.name
    assert set(_kept(store)) == {second.name}


def test_a_line_keeps_its_place_and_whether_it_was_right(labels: DocumentLabels, store: Store) -> None:
    first, second = labels.lines(1)
    labels.transcribe(1, first.name, "Corner Shop")
    labels.transcribe(1, second.name, second.read)
    kept = {record.label.name: record.label for record in store.labels()}
    assert (kept[first.name].source, kept[second.name].source) == ("correction", "confirmed")
    assert kept[first.name].boxes == (first.box,) and kept[first.name].page == 1


def test_a_line_that_is_not_there_is_refused(labels: DocumentLabels, store: Store) -> None:
    for page, name in ((1, "line 3 of page 1"), (2, "line 1 of page 2"), (1, TRANSCRIPT)):
        with pytest.raises(UsageError):
            labels.transcribe(page, name, "x")
    assert store.labels() == []


def test_a_page_that_was_not_read_has_no_lines(labels: DocumentLabels) -> None:
    assert labels.lines(2) == ()


def test_names_of_lines_are_told_from_names_of_transcripts() -> None:
    assert is_line_name("line 12 of page 3")
    assert not any(map(is_line_name, ("text of page 1", "text", "words", "line 0 of page 1", "line 1")))


def test_the_name_of_a_line_says_its_page() -> None:
    assert page_of_line(line_name(12, 34)) == 34
    assert page_of_line("text of page 1") is None


def test_an_answer_finds_its_place_and_none_says_the_document_does_not_say(
    labels: DocumentLabels, store: Store
) -> None:
    labels.answer("What is the total?", " 9,00 ")
    labels.answer("Who buys?", "")
    total, buyer = labels.questions()
    assert (total.name, total.value, total.page) == ("What is the total?", "9,00", 1)
    assert [box.x0 for box in total.boxes] == [70]
    assert (buyer.value, buyer.page, buyer.boxes) == (None, None, ())
    assert labels.undo() == "Who buys?"
    assert _kept(store, LabelKind.QA) == {"What is the total?": "9,00"}
