from __future__ import annotations

import pytest

from docvlm.pipeline import DocumentLabels, label_queue
from docvlm.reading import READER_VERSION
from docvlm.schemas import Schema, load_schema
from docvlm.store import Label, LabelKind, Store
from docvlm.types import DocumentInfo, Extraction, FieldValue, LineItems, RunInfo
from tests.pages import reading_of

SCHEMA = load_schema("seller, total:amount, items[description, amount:amount]")


def document(store: Store, number: int, *rows: str) -> int:
    identifier = store.add_document(DocumentInfo(f"{number:064x}", f"{number}.pdf", "application/pdf", 1, 10))
    if rows:
        store.save_reading(identifier, reading_of(rows), READER_VERSION)
    return identifier


def extracted(store: Store, document: int, schema: Schema, confidence: float) -> None:
    fields = (
        FieldValue("seller", "x", "x", confidence),
        FieldValue("total", "1", "1", confidence),
        LineItems("items", ()),
    )
    store.save_extraction(document, RunInfo("m", "1"), schema.key, Extraction("fields", fields))


def labelled(store: Store, document: int) -> None:
    labels = DocumentLabels(store, document)
    for name in ("seller", "total"):
        labels.correct(labels.lay_over(SCHEMA, None), name, "Shop")


def order(store: Store, schema: Schema | None = SCHEMA) -> list[int]:
    return [entry.document_id for entry in label_queue(store, store.list_documents(), schema)]


def test_the_queue_begins_with_what_the_model_is_least_sure_of(store: Store) -> None:
    sure, unsure, unseen, done = (document(store, number) for number in range(1, 5))
    extracted(store, sure, SCHEMA, 0.95)
    extracted(store, unsure, SCHEMA, 0.2)
    labelled(store, done)
    queue = label_queue(store, store.list_documents(), SCHEMA)
    assert [entry.document_id for entry in queue] == [unsure, unseen, sure, done]
    assert [entry.is_labelled for entry in queue] == [False, False, False, True]
    assert [entry.doubt for entry in queue[:3]] == pytest.approx([0.8, 0.5, 0.05])


def test_what_is_unlike_the_labelled_ones_comes_first(store: Store) -> None:
    done, same_shop, other_shop = (
        document(store, number, f"{shop} Stores Ltd", f"Receipt {number}")
        for number, shop in enumerate(("Acme", "Acme", "Bolt & Screw"), start=1)
    )
    labelled(store, done)
    queue = label_queue(store, store.list_documents(), SCHEMA)
    assert [entry.document_id for entry in queue] == [other_shop, same_shop, done]
    assert queue[0].distance > queue[1].distance and queue[0].gain > queue[1].gain


def test_pages_that_were_read_since_count(store: Store) -> None:
    done, twin, unread = (
        document(store, 1, "Acme Stores"),
        document(store, 2, "Acme Stores"),
        document(store, 3),
    )
    labelled(store, done)
    assert order(store) == [unread, twin, done]
    store.save_reading(unread, reading_of(["Acme Stores"]), READER_VERSION)
    extracted(store, twin, SCHEMA, 0.1)  # among documents that are alike the doubtful one
    assert order(store) == [twin, unread, done]


def test_without_a_schema_any_label_and_any_extraction_count(store: Store) -> None:
    one_label, sure, unsure = (document(store, number) for number in range(1, 4))
    store.save_label(one_label, Label(LabelKind.FIELD, "anything", "x"))
    extracted(store, sure, SCHEMA, 0.9)
    extracted(store, unsure, load_schema("seller, total:amount, items[name]"), 0.3)
    assert order(store, None) == [unsure, sure, one_label]
    assert order(store, SCHEMA)[-1] == sure


def test_with_lists_alone_a_cell_of_one_of_them_makes_a_document_labelled(store: Store) -> None:
    waiting, elsewhere, done = (document(store, number) for number in range(1, 4))
    store.save_label(elsewhere, Label(LabelKind.FIELD, "items[1].amount", "1"))
    store.save_label(elsewhere, Label(LabelKind.FIELD, "seller", "Shop"))
    store.save_label(done, Label(LabelKind.FIELD, "pairs[2].value", None))
    queue = label_queue(store, store.list_documents(), load_schema("form"))
    assert {entry.document_id for entry in queue if not entry.is_labelled} == {waiting, elsewhere}
    assert [entry.document_id for entry in queue if entry.is_labelled] == [done]


def test_cells_of_lists_count_as_values(store: Store) -> None:
    identifier = document(store, 1)
    rows = LineItems(
        "items", ((FieldValue("description", "x", "x", 0.5), FieldValue("amount", "1", "1", 1.0)),)
    )
    found = Extraction("fields", (FieldValue("seller", "x", "x", 0.9), rows))
    store.save_extraction(identifier, RunInfo("m", "1"), SCHEMA.key, found)
    (entry,) = label_queue(store, store.list_documents(), SCHEMA)
    assert entry.doubt == pytest.approx(0.2)


def test_the_limit_leaves_out_documents_that_wait(store: Store) -> None:
    for number in range(1, 6):
        document(store, number, f"Shop {'abcde'[number - 1] * 5}")
    assert len(label_queue(store, store.list_documents(), SCHEMA, limit=2)) == 2
