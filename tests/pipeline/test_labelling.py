from __future__ import annotations

from dataclasses import replace

import pytest

from docvlm.errors import UsageError
from docvlm.pipeline import CheckedExtraction, DocumentLabels, with_labels
from docvlm.pipeline.corrections import MAX_ROWS
from docvlm.reading import READER_VERSION
from docvlm.schemas import load_schema
from docvlm.store import ExtractionRecord, LabelKind, Store
from docvlm.types import (
    Box,
    DocumentInfo,
    Extraction,
    FieldValue,
    Line,
    LineItems,
    Reading,
    ReadingSource,
    RunInfo,
    Word,
)

SCHEMA = load_schema("seller, total:amount, items[description, amount:amount]")
FOUND = Extraction(
    "fields",
    (
        FieldValue("seller", "Corner Shop", "Corner Shop", 0.9, 1, Box(0, 0, 90, 10), (Box(0, 0, 90, 10),)),
        FieldValue("total", "7.00", "7.00", 0.4, 1, Box(50, 40, 90, 50), (Box(50, 40, 90, 50),)),
        LineItems(
            "items", ((FieldValue("description", "Tea", "Tea", 0.8), FieldValue("amount", None, None, 0.3)),)
        ),
    ),
)


def _words(texts: list[str], y: float) -> Line:
    return Line(tuple(Word(text, Box(50.0 * i, y, 50.0 * i + 40, y + 10)) for i, text in enumerate(texts)))


def _document(store: Store, number: int = 1) -> int:
    document = store.add_document(DocumentInfo(f"{number:064x}", f"{number}.pdf", "application/pdf", 1, 8))
    lines = (_words(["Corner", "Shop"], 0), _words(["Total", "9,00"], 40))
    store.save_reading(document, Reading(1, ReadingSource.OCR, 200, 100, lines), READER_VERSION)
    return document


def _value(checked: CheckedExtraction, name: str) -> FieldValue:
    found = checked.value(name)
    assert found is not None
    return found[1]


def test_a_typed_correction_finds_its_place_on_the_page(store: Store) -> None:
    labels = DocumentLabels(store, _document(store))
    labels.correct(labels.lay_over(SCHEMA, FOUND), "total", " 9,00 ")
    checked = labels.lay_over(SCHEMA, FOUND)
    total = _value(checked, "total")
    assert (total.raw, total.value, total.page, total.confidence) == ("9,00", "9.00", 1, 1.0)
    assert total.boxes == (Box(50, 40, 90, 50),)
    assert checked.confirmed == {"total"}
    assert _value(checked, "seller").confidence == 0.9


def test_text_that_stands_nowhere_is_kept_without_a_place(store: Store) -> None:
    labels = DocumentLabels(store, _document(store))
    labels.correct(labels.lay_over(SCHEMA, FOUND), "seller", "Korner Shop")
    seller = _value(labels.lay_over(SCHEMA, FOUND), "seller")
    assert (seller.raw, seller.page, seller.boxes) == ("Korner Shop", None, ())


def test_words_pointed_out_keep_their_boxes(store: Store) -> None:
    labels = DocumentLabels(store, _document(store))
    box = Box(1, 2, 3, 4)
    labels.correct(labels.lay_over(SCHEMA, FOUND), "total", "9,00", 1, (box,))
    assert _value(labels.lay_over(SCHEMA, FOUND), "total").boxes == (box,)


def test_the_same_text_confirms_and_no_text_says_missing(store: Store) -> None:
    labels = DocumentLabels(store, _document(store))
    checked = labels.lay_over(SCHEMA, FOUND)
    labels.correct(checked, "seller", "Corner Shop")
    labels.correct(checked, "total", "")
    kept = {record.label.name: record.label for record in store.labels(kind=LabelKind.FIELD)}
    assert (kept["seller"].source, kept["seller"].boxes) == ("confirmed", (Box(0, 0, 90, 10),))
    assert (kept["total"].source, kept["total"].value, kept["total"].page) == ("correction", None, None)
    assert _value(labels.lay_over(SCHEMA, FOUND), "total").raw is None


def test_cells_are_labelled_by_row_and_column(store: Store) -> None:
    labels = DocumentLabels(store, _document(store))
    labels.correct(labels.lay_over(SCHEMA, FOUND), "items[1].amount", "9,00")
    cell = _value(labels.lay_over(SCHEMA, FOUND), "items[1].amount")
    assert (cell.name, cell.value) == ("amount", "9.00")


def test_undo_brings_back_the_label_before_or_none(store: Store) -> None:
    labels = DocumentLabels(store, _document(store))
    checked = labels.lay_over(SCHEMA, FOUND)
    labels.correct(checked, "total", "9,00")
    labels.correct(checked, "total", "")
    assert labels.undo() == "total"
    assert _value(labels.lay_over(SCHEMA, FOUND), "total").raw == "9,00"
    assert labels.undo() == "total"
    assert labels.lay_over(SCHEMA, FOUND).confirmed == frozenset()
    assert labels.undo() is None


def test_a_name_that_the_schema_lacks_is_refused(store: Store) -> None:
    labels = DocumentLabels(store, _document(store))
    with pytest.raises(UsageError):
        labels.correct(labels.lay_over(SCHEMA, FOUND), "items[9999].amount", "1")
    assert store.labels() == []


def test_labels_alone_make_a_sheet_and_checks_run_over_them(store: Store) -> None:
    labels = DocumentLabels(store, _document(store))
    receipt = load_schema("receipt")
    empty = labels.lay_over(receipt, None)
    for name, text in (("subtotal", "7.00"), ("tax", "2.00"), ("total", "9.99")):
        labels.correct(empty, name, text)
    checked = labels.lay_over(receipt, None)
    assert [check.passed for check in checked.extraction.checks] == [False]


def test_rows_emptied_by_a_person_are_not_exported(store: Store) -> None:
    labels = DocumentLabels(store, _document(store))
    labels.correct(labels.lay_over(SCHEMA, FOUND), "items[1].description", "")
    exported = labels.lay_over(SCHEMA, FOUND).without_empty_rows()
    assert exported.fields[2] == LineItems("items", ())


def test_an_added_row_is_exported_and_its_removal_moves_up_those_after_it(
    store: Store,
) -> None:
    labels = DocumentLabels(store, document := _document(store))
    for text in ("Cake", "Jam"):
        labels.add_row(labels.lay_over(SCHEMA, FOUND), "items")
        row = len(_rows(labels)) + 1
        labels.correct(labels.lay_over(SCHEMA, FOUND), f"items[{row}].description", text)
    assert _rows(labels) == ["Tea", "Cake", "Jam"]
    assert _rows(DocumentLabels(store, document)) == ["Tea", "Cake", "Jam"]
    labels.remove_row(labels.lay_over(SCHEMA, FOUND), "items", 2, FOUND)
    assert _rows(labels) == _rows(DocumentLabels(store, document)) == ["Tea", "Jam"]
    labels.undo()
    assert _rows(labels) == ["Tea", "Cake", "Jam"]
    for _ in range(4):
        labels.undo()
    assert _rows(labels) == ["Tea"] and store.labels() == []


def test_a_found_row_that_was_removed_keeps_its_number_and_can_be_brought_back(store: Store) -> None:
    labels = DocumentLabels(store, _document(store))
    found = replace(FOUND, fields=(*FOUND.fields[:2], LineItems("items", 2 * _items(FOUND).rows)))
    labels.remove_row(labels.lay_over(SCHEMA, found), "items", 1, found)
    checked = labels.lay_over(SCHEMA, found)
    assert checked.removed_rows(_items(checked.extraction)) == {1}
    assert len(_items(checked.without_empty_rows()).rows) == 1
    assert {record.label.name: record.label.value for record in store.labels()} == {
        "items[1].description": None,
        "items[1].amount": None,
    }
    labels.bring_back_rows(checked, "items")
    checked = labels.lay_over(SCHEMA, found)
    assert store.labels() == [] and len(_items(checked.without_empty_rows()).rows) == 2
    labels.undo()
    labels.undo()
    assert store.labels() == [] and labels.undo() is None


def test_an_empty_row_is_neither_stored_nor_exported(store: Store) -> None:
    labels = DocumentLabels(store, _document(store))
    labels.add_row(labels.lay_over(SCHEMA, None), "items")
    checked = labels.lay_over(SCHEMA, None)
    assert "items[1].amount" in checked.names and store.labels() == []
    assert _items(checked.without_empty_rows()).rows == ()
    labels.remove_row(checked, "items", 1, None)
    assert "items[1].amount" not in labels.lay_over(SCHEMA, None).names


def _entered_before_the_model_looked(labels: DocumentLabels, *texts: str) -> None:
    for row, text in enumerate(texts, start=1):
        labels.add_row(labels.lay_over(SCHEMA, None), "items")
        labels.correct(labels.lay_over(SCHEMA, None), f"items[{row}].description", text)


def test_a_row_entered_before_the_model_looked_is_not_laid_over_one_that_it_finds(store: Store) -> None:
    labels = DocumentLabels(store, document := _document(store))
    _entered_before_the_model_looked(labels, "Cake", "Jam")
    labels.add_row(labels.lay_over(SCHEMA, None), "items")  # and one that is still empty
    checked = labels.lay_over(SCHEMA, FOUND)
    assert _value(checked, "items[1].description").raw == "Tea" and "items[4].description" in checked.names
    assert checked.confirmed == {"items[2].description", "items[3].description"}
    assert _rows(labels) == _rows(DocumentLabels(store, document)) == ["Tea", "Cake", "Jam"]
    labels.correct(labels.lay_over(SCHEMA, FOUND), "items[1].description", "Teapot")
    assert _rows(DocumentLabels(store, document)) == ["Teapot", "Cake", "Jam"]
    for left in (
        ["Tea", "Cake", "Jam"],
        ["Tea", "Cake", "Jam"],
        ["Tea", "Cake"],
    ):
        labels.undo()
        assert _rows(labels) == left


def test_the_same_holds_where_somebody_else_has_let_the_model_look(store: Store) -> None:
    document = _document(store)
    _entered_before_the_model_looked(DocumentLabels(store, document), "Cake", "Jam")
    twice = replace(FOUND, fields=(*FOUND.fields[:2], LineItems("items", 2 * _items(FOUND).rows)))
    for found, numbers in ((FOUND, {2, 3}), (twice, {3, 4}), (FOUND, {3, 4}), (None, {3, 4})):
        checked = DocumentLabels(store, document).lay_over(SCHEMA, found)
        assert checked.confirmed == {f"items[{number}].description" for number in numbers}
    assert {record.label.value for record in store.labels()} == {"Cake", "Jam"}


def test_a_row_that_the_model_finds_as_well_is_there_once(store: Store) -> None:
    labels = DocumentLabels(store, _document(store))
    _entered_before_the_model_looked(labels, "tea", "Jam")
    checked = labels.lay_over(SCHEMA, FOUND)
    assert checked.confirmed == {"items[1].description", "items[3].description"}
    assert _rows(labels) == ["tea", "Jam"]
    assert {record.label.source for record in store.labels()} == {"confirmed", "added"}


def test_an_export_takes_what_was_said_and_writes_nothing(store: Store) -> None:
    document = _document(store)
    older = _kept(store, document, "1", _list_of("Tea", "Soap", "Milk", "Salt", "Rice"))
    latest = _kept(store, document, "2", _list_of("Tea", "Bread", "Milk"))
    labels = DocumentLabels(store, document)
    checked = labels.lay_over(SCHEMA, latest.extraction)
    labels.correct(checked, "total", "9,00")
    labels.correct(checked, "items[2].amount", "1.50")
    labels.add_row(labels.lay_over(SCHEMA, latest.extraction), "items")
    labels.correct(labels.lay_over(SCHEMA, latest.extraction), "items[4].description", "Soap")
    before = store.labels(document)
    new, old = (with_labels(store, record, SCHEMA) for record in (latest, older))
    assert store.labels(document) == before
    assert [_value_named(each, "total") for each in (new, old)] == ["9.00", "9.00"]
    assert _descriptions(new) == ["Tea", "Bread", "Milk", "Soap"]
    # What was said of rows was said of those that were found last.
    assert _descriptions(old) == ["Tea", "Soap", "Milk", "Salt", "Rice"]
    assert [row[1].value for row in _items(old).rows] == [None] * 5
    assert [row[1].value for row in _items(new).rows] == [None, "1.50", None, None]


def test_an_export_of_what_was_kept_once_more_takes_what_was_said_of_rows(store: Store) -> None:
    document = _document(store)
    older = _kept(store, document, "1", _list_of("Tea", "Bread"))
    _kept(store, document, "2", _list_of("Milk"))
    again = _kept(store, document, "1", older.extraction)
    labels = DocumentLabels(store, document)
    labels.correct(labels.lay_over(SCHEMA, again.extraction), "items[2].description", "Soap")
    assert [_descriptions(with_labels(store, record, SCHEMA)) for record in (older, again)] == [
        ["Tea", "Soap"]
    ] * 2


def test_an_export_keeps_a_row_entered_before_the_model_looked_apart(store: Store) -> None:
    document = _document(store)
    labels = DocumentLabels(store, document)
    _entered_before_the_model_looked(labels, "Soap")
    found = _kept(store, document, "1", _list_of("Tea", "Bread"))
    assert _descriptions(with_labels(store, found, SCHEMA)) == ["Tea", "Bread", "Soap"]


def test_rows_of_no_list_and_rows_too_many_are_refused(store: Store) -> None:
    labels = DocumentLabels(store, _document(store))
    checked = labels.lay_over(SCHEMA, FOUND)
    for refused in (
        lambda: labels.add_row(checked, "seller"),
        lambda: labels.remove_row(checked, "items", 2, FOUND),
        lambda: labels.remove_row(checked, "items", 0, FOUND),
    ):
        with pytest.raises(UsageError):
            refused()
    full = replace(FOUND, fields=(*FOUND.fields[:2], LineItems("items", MAX_ROWS * _items(FOUND).rows)))
    with pytest.raises(UsageError, match=str(MAX_ROWS)):
        labels.add_row(labels.lay_over(SCHEMA, full), "items")


def _list_of(*texts: str) -> Extraction:
    rows = tuple(
        (FieldValue("description", text, text, 0.8), FieldValue("amount", None, None, 0.3)) for text in texts
    )
    return replace(FOUND, fields=(*FOUND.fields[:2], LineItems("items", rows)))


def _kept(store: Store, document: int, revision: str, extraction: Extraction) -> ExtractionRecord:
    run = RunInfo("m", revision)
    store.save_extraction(document, run, SCHEMA.key, extraction)
    number = store.extraction_id(document, run, SCHEMA.key)
    assert number is not None
    (record,) = store.extractions_with_ids([number])
    return record


def _value_named(extraction: Extraction, name: str) -> str | None:
    return next(
        field.value for field in extraction.fields if isinstance(field, FieldValue) and field.name == name
    )


def _descriptions(extraction: Extraction) -> list[str | None]:
    return [row[0].value for row in _items(extraction).rows]


def _items(extraction: Extraction) -> LineItems:
    items = extraction.fields[2]
    assert isinstance(items, LineItems)
    return items


def _rows(labels: DocumentLabels) -> list[str | None]:
    return [row[0].raw for row in _items(labels.lay_over(SCHEMA, FOUND).without_empty_rows()).rows]
