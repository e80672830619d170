"""A document in a workspace: what was done once is kept, and nothing kept is mistaken for something else."""

from __future__ import annotations

import threading
from pathlib import Path

import pymupdf
import pytest

from docvlm import ingest
from docvlm.config import Settings
from docvlm.errors import Cancelled
from docvlm.pipeline import OpenDocument
from docvlm.reading import READER_VERSION
from docvlm.schemas import load_schema
from docvlm.store import RunKind, RunStatus, Store
from docvlm.types import FieldValue, PageStatus
from tests.engines import WrittenEngine

PAGES = (("Invoice 7", "Total 9.00"), ("Invoice 8", "Total 12.50"))


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "two.pdf"
    with pymupdf.open() as document:
        for lines in PAGES:
            page = document.new_page(width=300, height=200)
            for index, line in enumerate(lines):
                page.insert_text((30, 50 + 30 * index), line, fontsize=14)
        document.save(path)
    return path


def write(page: str, prompt: str) -> str:
    total = "9.00" if "9.00" in page else "12.50"
    return f"total: {total}\n" if prompt.startswith("Find") else f" {total}\n"


def open_with(path: Path, store: Store, engine: WrittenEngine) -> OpenDocument:
    settings = Settings(path.parent, "", model="written")
    return OpenDocument(ingest.open_document(path), str(path), lambda: settings, store, lambda: engine)


def total_of(document: OpenDocument, pages: str | None = None) -> FieldValue:
    (field,) = document.extract("total:amount", pages).fields
    assert isinstance(field, FieldValue)
    return field


def test_pages_are_read_once(pdf: Path, store: Store) -> None:
    with open_with(pdf, store, WrittenEngine(write)) as document:
        first = [page.reading for page in document.read()]
    with open_with(pdf, store, WrittenEngine(write)) as document:
        again = [page.reading for page in document.read("2,1")]
    assert again == [first[1], first[0]]
    assert store.pages_read(document.id, READER_VERSION) == {1, 2}
    assert store.pages_read(document.id, "another reader") == frozenset()


def test_a_page_is_given_up_only_where_it_was_not_read(pdf: Path, store: Store) -> None:
    """The process that read page 1 may have been killed after it had kept it, before it could say so."""
    with open_with(pdf, store, WrittenEngine(write)) as document:
        list(document.read("1"))
        for number in (1, 2):
            document.give_up_page(number, "Its process was killed.")
        first, second = document.read()
    assert first.reading is not None and first.page.status is PageStatus.OK
    assert second.reading is None and second.page.reason == "Its process was killed."
    kept = {outcome.number: outcome.status for outcome in store.page_outcomes(document.id)}
    assert kept == {1: PageStatus.OK, 2: PageStatus.FAILED}


def test_the_same_question_is_answered_from_the_store(pdf: Path, store: Store) -> None:
    engine = WrittenEngine(write)
    with open_with(pdf, store, engine) as document:
        first = document.ask("What is the total?")
        asked = len(engine.requests)
        assert document.ask("What is the total?") == first
        assert len(engine.requests) == asked
        document.ask("What is the total?", fresh=True)
        assert len(engine.requests) > asked


def test_answers_for_some_pages_are_not_those_for_others(pdf: Path, store: Store) -> None:
    with open_with(pdf, store, WrittenEngine(write)) as document:
        assert document.ask("What is the total?", "1").text == "9.00"
        assert document.ask("What is the total?", "2").text == "12.50"
        assert (total_of(document, "1").value, total_of(document, "2").value) == ("9.00", "12.50")


def test_what_was_extracted_last_is_the_latest_also_where_it_comes_from_the_store(
    pdf: Path, store: Store
) -> None:
    engine = WrittenEngine(write)
    with open_with(pdf, store, engine) as document:
        for pages in ("1", "2"):
            total_of(document, pages)
        asked = len(engine.requests)
        for pages, total in (("1", "9.00"), ("1", "9.00"), ("2", "12.50")):
            assert total_of(document, pages).value == total
            (latest,) = store.extractions(document.id, latest_only=True)
            assert latest.run.info.pages == pages
            assert latest.id == document.kept_extraction(load_schema("total:amount"), pages)
        assert len(engine.requests) == asked
        assert len(store.extractions(document.id)) == 4, "what is the latest already is not kept once more"


def test_all_pages_by_number_are_all_pages(pdf: Path, store: Store) -> None:
    engine = WrittenEngine(write)
    with open_with(pdf, store, engine) as document:
        document.ask("What is the total?")
        asked = len(engine.requests)
        document.ask("What is the total?", "2,1")
        assert len(engine.requests) == asked


def test_the_same_bytes_under_two_names_are_inferred_once(pdf: Path, store: Store) -> None:
    copy = pdf.with_name("copy.pdf")
    copy.write_bytes(pdf.read_bytes())
    engine = WrittenEngine(write)
    for path in (pdf, copy):
        with open_with(path, store, engine) as document:
            document.extract("total:amount")
    assert len(engine.requests) == len(PAGES)
    (record,) = store.list_documents()
    assert set(record.names) == {"two.pdf", "copy.pdf"}


def test_an_empty_page_is_read_and_has_no_answer(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "blank.pdf"
    with pymupdf.open() as document:
        document.new_page()
        document.save(path)
    with open_with(path, store, WrittenEngine(write)) as opened:
        (page,) = opened.read()
        assert page.page.status is PageStatus.OK
        assert page.reading is not None and page.reading.words == ()
        assert opened.ask("What is the total?").text is None


def test_a_stopped_run_is_kept_as_stopped(pdf: Path, store: Store) -> None:
    cancel = threading.Event()
    cancel.set()
    with open_with(pdf, store, WrittenEngine(write)) as document:
        with pytest.raises(Cancelled):
            list(document.extract_stream(load_schema("total:amount"), cancel=cancel))
        assert [run.status for run in store.runs(document.id)] == [RunStatus.CANCELLED]
        assert store.extractions(document.id) == []


@pytest.mark.parametrize("kind", [RunKind.ASK, RunKind.EXTRACT])
def test_a_run_ends_with_the_model_and_the_tiles_it_began_with(
    pdf: Path, store: Store, kind: RunKind
) -> None:
    """Others are chosen while it reads: the pages still to come must not reach them."""
    first, later = WrittenEngine(write, 0.5, sees_pixels=True), WrittenEngine(write, sees_pixels=True)
    engines, budgets = iter([first]), iter(["fast"])
    with OpenDocument(
        ingest.open_document(pdf),
        str(pdf),
        lambda: Settings(pdf.parent, "", model="written", budget=next(budgets, "accurate")),
        store,
        lambda: next(engines, later),
    ) as document:
        if kind is RunKind.ASK:
            document.ask("What is the total?")
        else:
            document.extract("total:amount")
    assert later.requests == []
    assert [page.key.split("-")[-2:] for page in first.pages] == [["fast", "1"], ["fast", "2"]]
    assert [run.info.tiling for run in store.runs(document.id)] == ["fast"]


def test_timings_are_kept_by_step(pdf: Path, store: Store) -> None:
    with open_with(pdf, store, WrittenEngine(write)) as document:
        document.extract("total:amount")
        (run,) = store.runs(document.id)
        assert [step for step, _ in run.info.timings] == ["read", "extract"]
        assert run.started is not None and run.started <= run.finished
