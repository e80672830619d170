from __future__ import annotations

from docvlm.store import Label, LabelKind, Store
from docvlm.types import Answer, DocumentInfo, Extraction, FieldValue, Page, PageStatus, RunInfo
from tests.pages import reading_of

RUN = RunInfo("model", "1", None, "", "reader", "all", "1")


def _add(store: Store, number: int, pages: int = 1) -> int:
    return store.add_document(DocumentInfo(f"{number:064x}", f"{number}.pdf", "application/pdf", pages, 10))


def _field(name: str, raw: str | None, confidence: float) -> FieldValue:
    return FieldValue(name, raw, raw, confidence, 1, None)


def test_what_was_made_of_each_document_is_counted(store: Store) -> None:
    number = _add(store, 1, pages=3)
    for page in (1, 2):
        store.save_page(number, Page(page, PageStatus.OK, 10, 10, None), reading_of(["one"], page), "r")
    store.save_page(number, Page(3, PageStatus.FAILED, 0, 0, None, reason="Broken."))
    store.save_answer(number, RUN, Answer("Total?", "12", 0.5, 1, ()))
    store.save_answer(number, RUN, Answer("Seller?", None, 0.1, None, ()))
    store.save_extraction(number, RUN, "k", Extraction("receipt", (_field("total", "11", 0.1),), (), ()))
    latest = (_field("total", "12", 0.9), _field("date", None, 0.2), _field("seller", "A", 0.7))
    store.save_extraction(number, RUN, "k", Extraction("receipt", latest, (), ()))
    store.save_label(number, Label(LabelKind.FIELD, "total", "12"))

    (overview,) = store.overviews([f"{1:064x}"])
    assert (overview.pages_read, overview.pages_failed) == (2, 1)
    assert overview.schema == "receipt"
    assert (overview.fields, overview.found) == (2, 3)  # of the latest extraction; what was not found is not
    assert overview.confidence is not None
    assert abs(overview.confidence - (0.9 + 0.7 + 0.5) / 3) < 1e-9
    assert (overview.record.answers, overview.record.labels) == (2, 1)


def test_the_order_is_the_one_asked_for_and_strangers_are_left_out(store: Store) -> None:
    for number in range(1, 4):
        _add(store, number)
    wanted = [f"{number:064x}" for number in (3, 9, 1)]
    assert [overview.record.name for overview in store.overviews(wanted)] == ["3.pdf", "1.pdf"]
    assert store.overviews([]) == []


def test_a_document_that_was_only_opened_has_nothing(store: Store) -> None:
    _add(store, 1)
    (overview,) = store.overviews([f"{1:064x}"])
    assert (overview.pages_read, overview.schema, overview.found, overview.confidence) == (0, None, 0, None)


def test_more_documents_than_one_query_takes(store: Store) -> None:
    for number in range(1, 702):
        _add(store, number)
    identities = [f"{number:064x}" for number in range(1, 702)]
    assert [overview.record.sha256 for overview in store.overviews(identities)] == identities


def test_the_first_page_tells_what_a_document_begins_with(store: Store) -> None:
    first, second = _add(store, 1, pages=2), _add(store, 2)
    store.save_reading(first, reading_of(["INVOICE 7"], 1), "r")
    store.save_reading(first, reading_of(["page two"], 2), "r")
    assert store.opening_texts([first, second]) == {first: "INVOICE 7"}
