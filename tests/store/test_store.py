from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from docvlm.errors import StoreError
from docvlm.store import Label, LabelKind, PageOutcome, RunKind, RunStatus, Store
from docvlm.types import (
    Answer,
    Box,
    DocumentInfo,
    Extraction,
    FieldValue,
    Line,
    LineItems,
    Page,
    PageStatus,
    Reading,
    ReadingSource,
    RunInfo,
    Word,
)
from tests.store import values

RUN = RunInfo("docvlm-mini", "1", adapter=None, tiling="balanced", reader="v1", timings=(("generate", 1.25),))
ANSWER = Answer("What is the total?", "12.50", 0.9, 1, (Box(1, 2, 3, 4),))
EXTRACTION = Extraction("receipt", (FieldValue("total", "12.50", "12,50", 0.9, 1, Box(1, 2, 3, 4)),))

one_example_a_transaction = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def info(name: str, content: str = "ab") -> DocumentInfo:
    return DocumentInfo(content * 32, name, "application/pdf", 2, 1234)


class TestDocuments:
    def test_same_bytes_under_two_names_are_one_document(self, store: Store) -> None:
        first = store.add_document(info("march.pdf"), "/mail/march.pdf")
        second = store.add_document(info("copy.pdf"))
        again = store.add_document(info("copy.pdf"))

        assert first == second == again
        (found,) = store.list_documents()
        assert found.names == ("copy.pdf", "march.pdf")
        assert found.paths == ("/mail/march.pdf",)
        assert found.name == "copy.pdf"
        assert store.find_document("ab" * 32) == found == store.document(first)

    def test_a_name_seen_again_is_the_latest(self, store: Store) -> None:
        store.add_document(info("a.pdf"))
        store.add_document(info("b.pdf"))
        document = store.add_document(info("a.pdf"))
        found = store.document(document)
        assert found is not None and found.names == ("a.pdf", "b.pdf")

    def test_unknown_bytes_are_not_found(self, store: Store) -> None:
        assert store.find_document("00" * 32) is None
        assert store.document(99) is None

    def test_listing_counts_filters_and_pages(self, store: Store) -> None:
        before = datetime.now(UTC)
        first = store.add_document(info("100%_a.pdf", "aa"))
        second = store.add_document(info("1000 b.pdf", "bb"))
        store.save_answer(first, RUN, ANSWER)
        store.save_extraction(first, RUN, "key", EXTRACTION)
        store.save_label(first, Label(LabelKind.FIELD, "total", "12.50"))

        assert [record.id for record in store.list_documents()] == [second, first]
        assert [record.id for record in store.list_documents(limit=1, offset=1)] == [first]
        (found,) = store.list_documents(name="00%_A")
        assert (found.id, found.runs, found.answers, found.extractions, found.labels) == (first, 2, 1, 1, 1)
        assert before <= found.added <= datetime.now(UTC)

    def test_names_that_no_database_can_hold_are_kept_readable(self, store: Store) -> None:
        document = store.add_document(info("caf\udce9\0.pdf"), "/caf\udce9.pdf")
        found = store.document(document)
        assert found is not None and found.names == ("caf\ufffd\ufffd.pdf",)

    def test_deleting_forgets_everything(self, store: Store, document: int) -> None:
        other = store.add_document(info("other.pdf", "cd"))
        for kept in (document, other):
            store.save_reading(kept, reading("total"), "v1")
            store.save_answer(kept, RUN, ANSWER)
            store.save_extraction(kept, RUN, "key", EXTRACTION)

        assert store.delete_document(document)
        assert not store.delete_document(document)
        assert [record.id for record in store.list_documents()] == [other]
        assert {hit.document_id for hit in store.search("total")} == {other}
        assert {record.document_id for record in store.extractions()} == {other}
        assert {record.document_id for record in store.answers()} == {other}

    def test_the_number_of_a_deleted_document_is_never_given_again(self, store: Store) -> None:
        first = store.add_document(info("a.pdf", "aa"))
        store.delete_document(first)
        assert store.add_document(info("b.pdf", "bb")) > first

    def test_the_numbers_of_its_results_are_never_given_again(self, store: Store, document: int) -> None:
        answer = store.save_answer(document, RUN, ANSWER)
        extraction = store.save_extraction(document, RUN, "key", EXTRACTION)
        store.delete_document(document)
        other = store.add_document(info("b.pdf", "bb"))
        assert store.save_answer(other, RUN, ANSWER) > answer
        assert store.save_extraction(other, RUN, "key", EXTRACTION) > extraction

    def test_saving_to_a_deleted_document_is_told(self, store: Store, document: int) -> None:
        store.delete_document(document)
        with pytest.raises(StoreError, match="not in the database"):
            store.save_reading(document, reading("total"), "v1")
        with pytest.raises(StoreError, match="not in the database"):
            store.save_answer(document, RUN, ANSWER)


class TestPagesAndReadings:
    def test_page_outcomes_are_replaced_and_ordered(self, store: Store, document: int) -> None:
        image = np.zeros((20, 10, 3), np.uint8)
        store.save_page(document, Page(2, PageStatus.OK, 10, 20, image, points_per_pixel=0.36, notes=("n",)))
        store.save_page(document, Page(1, PageStatus.OK, 10, 20, image))
        store.save_page(document, Page(1, PageStatus.FAILED, 0, 0, None, reason="The page is damaged."))
        assert store.page_outcomes(document) == [
            PageOutcome(1, PageStatus.FAILED, "The page is damaged.", 0, 0, None, ()),
            PageOutcome(2, PageStatus.OK, None, 10, 20, 0.36, ("n",)),
        ]

    def test_readings_are_kept_by_page_and_reader(self, store: Store, document: int) -> None:
        store.save_reading(document, reading("old"), "v1")
        store.save_reading(document, reading("new"), "v2")
        store.save_reading(document, reading("newer"), "v2")
        assert store.reading(document, 1, "v1") == reading("old")
        assert store.reading(document, 1, "v2") == reading("newer")
        assert store.reading(document, 2, "v1") is None
        assert store.reading(document, 1, "v3") is None

    def test_numpy_numbers_are_stored_as_numbers(self, store: Store, document: int) -> None:
        box = Box(*np.array([1.5, 2, 3, 4], np.float32))
        line = Line((Word("a", box, np.float32(0.5)),), block=np.int64(3), font_size=np.float32(9.5))
        given_reading = Reading(
            1, ReadingSource.OCR, np.int64(10), np.int32(20), (line,), np.float64(0.5), 0, np.float32(0.25)
        )
        store.save_reading(document, given_reading, "v1")
        assert store.reading(document, 1, "v1") == given_reading

    @one_example_a_transaction
    @given(given_reading=values.readings)
    def test_readings_come_back_as_they_were(self, store: Store, given_reading: Reading) -> None:
        document = store.add_document(info("a.pdf"))
        store.save_reading(document, given_reading, "v1")
        assert store.reading(document, given_reading.page_number, "v1") == given_reading


class TestAnswers:
    @one_example_a_transaction
    @given(answer=values.answers)
    def test_answers_come_back_as_they_were(self, store: Store, answer: Answer) -> None:
        document = store.add_document(info("a.pdf"))
        store.save_answer(document, RUN, answer)
        assert store.find_answer(document, RUN, answer.question) == answer

    def test_the_listing_names_document_and_run(self, store: Store, document: int) -> None:
        started = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
        store.save_answer(document, RUN, ANSWER, started=started)
        (record,) = store.answers(document)
        assert (record.answer, record.document_name) == (ANSWER, "invoice.pdf")
        assert (record.run.info, record.run.started, record.run.kind) == (RUN, started, RunKind.ASK)
        assert store.answers(document + 1) == []

    @pytest.mark.parametrize(
        "other",
        [
            RunInfo("other", "1", None, "balanced", "v1"),
            RunInfo("docvlm-mini", "2", None, "balanced", "v1"),
            RunInfo("docvlm-mini", "1", "adapter", "balanced", "v1"),
            RunInfo("docvlm-mini", "1", None, "fast", "v1"),
            RunInfo("docvlm-mini", "1", None, "balanced", "v2"),
            RunInfo("docvlm-mini", "1", None, "balanced", "v1", pages="2"),
            RunInfo("docvlm-mini", "1", None, "balanced", "v1", pipeline="2"),
        ],
    )
    def test_another_run_finds_nothing(self, store: Store, document: int, other: RunInfo) -> None:
        store.save_answer(document, RUN, ANSWER)
        store.save_extraction(document, RUN, "key", EXTRACTION)
        assert store.find_answer(document, other, ANSWER.question) is None
        assert store.extraction(document, other, "key") is None

    def test_timings_do_not_matter_for_finding(self, store: Store, document: int) -> None:
        store.save_answer(document, RUN, ANSWER)
        same = RunInfo("docvlm-mini", "1", tiling="balanced", reader="v1")
        assert store.find_answer(document, same, ANSWER.question) == ANSWER


class TestExtractions:
    @one_example_a_transaction
    @given(extraction=values.extractions)
    def test_extractions_come_back_as_they_were(self, store: Store, extraction: Extraction) -> None:
        document = store.add_document(info("a.pdf"))
        store.save_extraction(document, RUN, "key", extraction)
        assert store.extraction(document, RUN, "key") == extraction

    def test_the_latest_of_a_schema_is_found(self, store: Store, document: int) -> None:
        newer = Extraction("receipt", (LineItems("items", ()),))
        store.save_extraction(document, RUN, "key", EXTRACTION)
        store.save_extraction(document, RUN, "other key", EXTRACTION)
        store.save_extraction(document, RUN, "key", newer)
        assert store.extraction(document, RUN, "key") == newer
        assert store.extraction(document, RUN, "no key") is None

        everything = store.extractions()
        assert [record.schema_key for record in everything] == ["key", "other key", "key"]
        latest = store.extractions(document, latest_only=True)
        assert [record.extraction for record in latest] == [EXTRACTION, newer]
        assert {record.document_name for record in latest} == {"invoice.pdf"}

    def test_an_adapter_is_part_of_the_run(self, store: Store, document: int) -> None:
        tuned = RunInfo("docvlm-mini", "1", "receipts-3", "balanced", "v1")
        store.save_extraction(document, tuned, "key", EXTRACTION)
        assert store.extraction(document, tuned, "key") == EXTRACTION
        assert store.extraction(document, RUN, "key") is None


class TestRunsAndLabels:
    def test_failed_work_is_kept_with_its_reason(self, store: Store, document: int) -> None:
        store.save_run(document, RunKind.EXTRACT, RUN, RunStatus.FAILED, "Out of memory.")
        (record,) = store.runs(document)
        assert (record.kind, record.status, record.reason) == (
            RunKind.EXTRACT,
            RunStatus.FAILED,
            "Out of memory.",
        )
        assert record.info == RUN and record.started is None

    def test_a_moment_without_a_zone_is_refused(self, store: Store, document: int) -> None:
        with pytest.raises(Exception, match="without a time zone"):
            store.save_run(document, RunKind.ASK, RUN, started=datetime(2026, 1, 1))
        assert store.runs(document) == []

    def test_a_label_replaces_the_one_before(self, store: Store, document: int) -> None:
        wrong = Label(LabelKind.FIELD, "total", "12.50", 1, (Box(1, 2, 3, 4),))
        right = Label(LabelKind.FIELD, "total", None, source="import")
        asked = Label(LabelKind.QA, "total", "12.50")
        first = store.save_label(document, wrong)
        assert store.save_label(document, right) == first
        second = store.save_label(document, asked)

        assert [record.label for record in store.labels()] == [right, asked]
        assert [record.id for record in store.labels(document, LabelKind.QA)] == [second]
        assert store.delete_label(first) and not store.delete_label(first)
        assert [record.label for record in store.labels(document)] == [asked]


def reading(*words: str) -> Reading:
    line = Line(tuple(Word(word, Box(0, 0, 10, 10)) for word in words))
    return Reading(1, ReadingSource.OCR, 100, 100, (line,))
