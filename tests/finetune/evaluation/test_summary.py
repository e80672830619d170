"""Every figure against a case worked by hand from its published definition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from docvlm.types import Box
from finetune.evaluation import DocumentResult, ValueKind
from finetune.evaluation.facts import FactKind, FactResult
from finetune.evaluation.results import Cost, TranscriptResult
from finetune.evaluation.rows import CellCounts, RowsResult
from finetune.evaluation.summary import field_statistics, judged_pairs, metric_statistics
from finetune.evaluation.text import BagCounts, ErrorCounts
from tests.finetune.evaluation.judged import document, judged


def figures(*documents: DocumentResult) -> dict[str, float]:
    weights = np.ones((1, len(documents)))
    found = {name: float(figure(weights)[0]) for name, figure in metric_statistics(documents).items()}
    return {name: value for name, value in found.items() if np.isfinite(value)}


def field_figures(*documents: DocumentResult) -> dict[str, dict[str, float]]:
    weights = np.ones((1, len(documents)))
    return {
        field: {name: float(figure(weights)[0]) for name, figure in of.items()}
        for field, of in field_statistics(documents).items()
    }


RECEIPTS = (
    document(0, judged("total", "1", "1"), judged("tip", None, None), judged("date", "x", "x")),
    document(1, judged("total", "1", "2"), judged("tip", None, "5"), judged("date", "x", None)),
    document(2, judged("total", "1", "1"), judged("tip", "3", "3")),
)


def test_fields_count_alike_and_so_do_documents() -> None:
    found = figures(*RECEIPTS)
    assert found["field_typed"] == pytest.approx((2 / 3 + 2 / 3 + 1 / 2) / 3)
    assert found["document_typed"] == pytest.approx((3 / 3 + 0 / 3 + 2 / 2) / 3)
    assert {name: of["typed"] for name, of in field_figures(*RECEIPTS).items()} == {
        "total": pytest.approx(2 / 3),
        "tip": pytest.approx(2 / 3),
        "date": pytest.approx(1 / 2),
    }


def test_entities_as_in_the_sroie_challenge() -> None:
    """Task 3 of ICDAR 2019 SROIE: of six values found four are right, and six are there."""
    found = figures(*RECEIPTS)
    assert found["field_precision"] == pytest.approx(4 / 6)
    assert found["field_recall"] == pytest.approx(4 / 6)
    assert found["field_f1"] == pytest.approx(4 / 6)
    uneven = figures(document(0, judged("a", "x", "x"), judged("b", "y", None), judged("c", "z", None)))
    assert (uneven["field_precision"], uneven["field_recall"]) == (1.0, pytest.approx(1 / 3))
    assert uneven["field_f1"] == pytest.approx(2 * 1 * (1 / 3) / (1 + 1 / 3))


def test_abstaining_is_found_and_missed_like_anything_else() -> None:
    """ "Not found" was said twice, once rightly; two values are missing, one was found to be."""
    found = figures(*RECEIPTS)
    assert found["null_precision"] == pytest.approx(1 / 2)
    assert found["null_recall"] == pytest.approx(1 / 2)
    assert found["false_not_found"] == pytest.approx(1 / 6)
    assert "null_recall" not in figures(document(0, judged("a", "x", None)))


def test_answers_by_anls_and_exactly() -> None:
    """Biten et al. 2019: the mean over questions of the similarity to the nearest answer."""
    answers = [
        judged("a?", "x", "x", kind=ValueKind.ANSWER),
        judged("b?", "x", "y", kind=ValueKind.ANSWER, anls=0.8),
        judged("c?", "x", None, kind=ValueKind.ANSWER),
        judged("d?", None, None, kind=ValueKind.ANSWER),  # not answerable: judged by abstention alone
    ]
    found = figures(document(0, *answers[:2]), document(1, *answers[2:]))
    assert found["answer_anls"] == pytest.approx((1 + 0.8 + 0) / 3)
    assert found["answer_exact"] == pytest.approx(1 / 3)
    assert found["null_precision"] == pytest.approx(1 / 2)
    assert "field_typed" not in found


def test_calibration_over_all_documents_together() -> None:
    """Guo et al. 2017, equation 3: one value in (9/15, 10/15] wrong, three in (13/15, 14/15] two right."""
    values = [judged("a", "x", "x"), judged("b", "x", "x"), judged("c", "x", "y")]
    doubtful = judged("d", "x", "y", confidence=0.65)
    failed = judged("e", "x", None, confidence=None)
    documents = (document(0, values[0], doubtful), document(1, *values[1:], failed))
    assert figures(*documents)["calibration_error"] == pytest.approx(1 / 4 * 0.65 + 3 / 4 * abs(2 / 3 - 0.9))
    assert sorted(judged_pairs(documents)) == [(0.65, False), (0.9, False), (0.9, True), (0.9, True)]


def test_error_rates_are_edits_over_lengths_of_all_texts() -> None:
    def read(edits: int, length: int) -> TranscriptResult:
        counts = ErrorCounts(edits, length)
        return TranscriptResult(1, BagCounts(3, 4, 5), counts, ErrorCounts(1, 4), counts, ErrorCounts(0, 4))

    words_only = TranscriptResult(1, BagCounts(1, 1, 1))
    found = figures(
        replace(document(0), transcripts=(read(2, 10), words_only)),
        replace(document(1), transcripts=(read(1, 90),)),
    )
    assert found["reading_cer"] == pytest.approx(3 / 100)  # not the mean of 0.2 and 0.011
    assert found["reading_wer"] == pytest.approx(2 / 8)
    assert found["reading_wer_caseless"] == 0
    assert found["reading_words_f1"] == pytest.approx(2 * (3 + 1 + 3) / (4 + 1 + 4 + 5 + 1 + 5))


def test_line_items_by_row_and_by_cell() -> None:
    rows = RowsResult("items", 1, 3, 2, (CellCounts("name", 2, 3, 2), CellCounts("price", 1, 1, 2)))
    found = figures(document(0, rows=[rows]))
    assert found["rows_f1"] == pytest.approx(2 * 1 / (3 + 2))
    assert found["cells_f1"] == pytest.approx(2 * 3 / (4 + 4))
    fields = field_figures(document(0, rows=[rows]))
    assert list(fields) == ["items", "items.name", "items.price"]
    assert fields["items.price"]["f1"] == pytest.approx(2 * 1 / (1 + 2))


def test_places_over_the_values_that_have_one() -> None:
    box = (Box(0, 0, 1, 1),)
    right = replace(judged("a", "x", "x", boxes=box), on_right_words=True, box_overlap=0.5)
    wrong = replace(judged("b", "x", "x", boxes=box), on_right_words=False)
    found = figures(document(0, right, wrong, judged("c", "x", "x")))
    assert (found["grounding_right_words"], found["grounding_iou"]) == (0.5, 0.5)


def test_facts_together_and_by_kind() -> None:
    facts = (FactResult("1", FactKind.PRESENT, True), FactResult("2", FactKind.ORDER, False))
    found = figures(replace(document(0), facts=facts))
    assert (found["fact_accuracy"], found["fact_present"], found["fact_order"]) == (0.5, 1.0, 0.0)
    assert "fact_table" not in found


def test_cost_is_the_mean_over_documents_that_were_asked() -> None:
    found = figures(
        replace(document(0), cost=Cost(2.0, 100, 10)),
        replace(document(1), cost=Cost(4.0, 300, 0)),
        document(2),
    )
    assert found["seconds_per_document"] == 3.0
    assert (found["prompt_tokens_per_document"], found["reply_tokens_per_document"]) == (200.0, 5.0)


def test_a_document_drawn_twice_counts_twice() -> None:
    typed = metric_statistics(RECEIPTS)["field_f1"]
    assert typed(np.array([[2.0, 0.0, 0.0], [0.0, 1.0, 1.0]])) == pytest.approx([1.0, 2 * 2 / (4 + 4)])


def test_no_documents_have_no_figures() -> None:
    assert figures() == {} and field_statistics(()) == {}
