"""The figures over judged documents. Their names and meanings stand in the README; keep them stable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from finetune.evaluation.bootstrap import Statistic, Weights, mean_of, ratio
from finetune.evaluation.calibration import bin_sums, calibration_error
from finetune.evaluation.facts import FactKind
from finetune.evaluation.results import DocumentResult, JudgedValue, TranscriptResult, ValueKind
from finetune.evaluation.rows import CellCounts
from finetune.evaluation.text import ErrorCounts

Results = Sequence[DocumentResult]
Statistics = dict[str, Statistic]
Test = Callable[[JudgedValue], bool]

_AGREEMENTS: dict[str, Test] = {
    "exact": lambda value: value.exact,
    "normalised": lambda value: value.normalised,
    "typed": lambda value: value.right,
}


def metric_statistics(results: Results) -> Statistics:
    """Every figure over all documents, by name, as a function of how often each document counts."""
    return {
        **_fields_together(results),
        **_rows_together(results),
        **_answers(results),
        **_abstention(results),
        **_places(results),
        "calibration_error": _calibration(results),
        **_reading(results),
        **_facts(results),
        **_cost(results),
    }


def field_statistics(results: Results) -> dict[str, Statistics]:
    """The figures of each field; list fields come after single ones, each followed by its columns."""
    names = _each_once(value.name for result in results for value in result.values if _is_field(value))
    fields = {name: _one_field(results, name) for name in names}
    lists = _each_once(rows.name for result in results for rows in result.rows)
    for name in lists:
        fields[name] = {"rows_f1": _rows_f1(results, {name}), "cells_f1": _cells_f1(results, {name})}
        cells = (
            cell for result in results for rows in result.rows if rows.name == name for cell in rows.cells
        )
        for column in _each_once(cell.column for cell in cells):
            fields[f"{name}.{column}"] = {"f1": _cells_f1(results, {name}, {column})}
    return fields


def judged_pairs(results: Results) -> list[tuple[float, bool]]:
    """Confidence and rightness of every value and answer that was predicted, "not found" included."""
    return [pair for result in results for pair in _pairs(result)]


def _is_field(value: JudgedValue) -> bool:
    return value.kind is ValueKind.FIELD


def _is_answer(value: JudgedValue) -> bool:
    return value.kind is ValueKind.ANSWER


def _each_once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _share(results: Results, among: Test, of: Callable[[JudgedValue], float]) -> Statistic:
    """The mean of ``of`` over the values that ``among`` keeps, all documents' values together."""
    kept = [[value for value in result.values if among(value)] for result in results]
    return ratio([sum(map(of, values)) for values in kept], [len(values) for values in kept])


def _one_field(results: Results, name: str) -> Statistics:
    def this(value: JudgedValue) -> bool:
        return _is_field(value) and value.name == name

    agreements = {key: _share(results, this, agrees) for key, agrees in _AGREEMENTS.items()}
    return {**agreements, "f1": _entity_figures(results, this)["f1"]}


def _fields_together(results: Results) -> Statistics:
    """Means over fields (each field counts alike) and over documents (each document counts alike)."""
    names = _each_once(value.name for result in results for value in result.values if _is_field(value))
    of_field = {name: _one_field(results, name) for name in names}
    entities = _entity_figures(results, _is_field)
    return {
        **{f"field_{key}": mean_of([of_field[name][key] for name in names]) for key in _AGREEMENTS if names},
        **{f"document_{key}": _mean_over_documents(results, agrees) for key, agrees in _AGREEMENTS.items()},
        **{f"field_{key}": statistic for key, statistic in entities.items()},
    }


def _mean_over_documents(results: Results, agrees: Test) -> Statistic:
    fields = [[value for value in result.values if _is_field(value)] for result in results]
    shares = [sum(map(agrees, values)) / len(values) if values else 0.0 for values in fields]
    return ratio(shares, [bool(values) for values in fields])


def _entity_figures(results: Results, among: Test) -> Statistics:
    """Precision, recall and F1 of values that are there, by normalised match.

    As in task 3 of ICDAR 2019 SROIE (Huang et al., 2019): every predicted value is right or wrong as a whole.
    """

    def count(test: Test) -> list[int]:
        return [sum(1 for value in result.values if among(value) and test(value)) for result in results]

    right = count(lambda value: bool(value.labels) and value.normalised)
    predicted = count(lambda value: value.raw is not None)
    labelled = count(lambda value: bool(value.labels))
    return {
        "precision": ratio(right, predicted),
        "recall": ratio(right, labelled),
        "f1": _f1(right, predicted, labelled),
    }


def _f1(right: Sequence[float], predicted: Sequence[float], labelled: Sequence[float]) -> Statistic:
    """2 right / (predicted + labelled), the harmonic mean of precision and recall."""
    return ratio(
        [2 * count for count in right], [one + other for one, other in zip(predicted, labelled, strict=True)]
    )


def _rows_together(results: Results) -> Statistics:
    lists = {rows.name for result in results for rows in result.rows}
    return {"rows_f1": _rows_f1(results, lists), "cells_f1": _cells_f1(results, lists)}


def _rows_f1(results: Results, lists: set[str]) -> Statistic:
    rows = [[rows for rows in result.rows if rows.name in lists] for result in results]
    return _f1(
        [sum(one.right_rows for one in some) for some in rows],
        [sum(one.predicted_rows for one in some) for some in rows],
        [sum(one.labelled_rows for one in some) for some in rows],
    )


def _cells_f1(results: Results, lists: set[str], columns: set[str] | None = None) -> Statistic:
    """Over the cells of matched rows, for some columns or all that are labelled."""

    def cells(result: DocumentResult) -> list[CellCounts]:
        every = [cell for rows in result.rows if rows.name in lists for cell in rows.cells]
        return [cell for cell in every if columns is None or cell.column in columns]

    return _f1(
        [sum(cell.right for cell in cells(result)) for result in results],
        [sum(cell.predicted for cell in cells(result)) for result in results],
        [sum(cell.labelled for cell in cells(result)) for result in results],
    )


def _answers(results: Results) -> Statistics:
    """Over the questions that the document answers."""

    def answerable(value: JudgedValue) -> bool:
        return _is_answer(value) and bool(value.labels)

    agreements = {f"answer_{key}": _share(results, answerable, agrees) for key, agrees in _AGREEMENTS.items()}
    return {"answer_anls": _share(results, answerable, lambda value: value.anls), **agreements}


def _abstention(results: Results) -> Statistics:
    """How "not found" is used; precision and recall only where some label says that a value is missing.

    Of the values said to be missing the share that is, and of those that are the share said to be: the
    no-answer side of Rajpurkar et al., "Know What You Don't Know", ACL 2018.
    """

    def not_found(value: JudgedValue) -> bool:
        return value.raw is None

    def missing(value: JudgedValue) -> bool:
        return not value.labels

    figures = {"false_not_found": _share(results, lambda value: bool(value.labels), not_found)}
    if any(missing(value) for result in results for value in result.values):
        figures["null_precision"] = _share(results, not_found, missing)
        figures["null_recall"] = _share(results, missing, not_found)
    return figures


def _places(results: Results) -> Statistics:
    return {
        "grounding_right_words": _share(
            results, lambda value: value.on_right_words is not None, lambda value: bool(value.on_right_words)
        ),
        "grounding_iou": _share(
            results, lambda value: value.box_overlap is not None, lambda value: value.box_overlap or 0.0
        ),
    }


def _pairs(result: DocumentResult) -> list[tuple[float, bool]]:
    return [(value.confidence, value.right) for value in result.values if value.confidence is not None]


def _calibration(results: Results) -> Statistic:
    sums = np.stack([bin_sums(_pairs(result)) for result in results]) if results else np.zeros((0, 3, 1))

    def figure(weights: Weights) -> npt.NDArray[np.float64]:
        return calibration_error(np.einsum("rd,dsb->rsb", weights, sums))

    return figure


def _reading(results: Results) -> Statistics:
    """Error rates: edits over characters or words of the transcripts, summed over documents."""

    def rate(counts: Callable[[TranscriptResult], ErrorCounts | None]) -> Statistic:
        known = [[count for one in result.transcripts if (count := counts(one))] for result in results]
        return ratio(
            [sum(count.edits for count in some) for some in known],
            [sum(count.length for count in some) for some in known],
        )

    bags = [[one.bag for one in result.transcripts] for result in results]
    return {
        "reading_cer": rate(lambda one: one.characters),
        "reading_wer": rate(lambda one: one.words),
        "reading_cer_caseless": rate(lambda one: one.caseless_characters),
        "reading_wer_caseless": rate(lambda one: one.caseless_words),
        "reading_words_f1": _f1(
            [sum(bag.shared for bag in some) for some in bags],
            [sum(bag.read for bag in some) for some in bags],
            [sum(bag.right for bag in some) for some in bags],
        ),
    }


def _facts(results: Results) -> Statistics:
    def accuracy(kinds: Sequence[FactKind]) -> Statistic:
        facts = [[fact for fact in result.facts if fact.kind in kinds] for result in results]
        return ratio([sum(fact.holds for fact in some) for some in facts], [len(some) for some in facts])

    every = {"fact_accuracy": accuracy(list(FactKind))}
    return {**every, **{f"fact_{kind.value}": accuracy([kind]) for kind in FactKind}}


def _cost(results: Results) -> Statistics:
    """Means over the documents that were asked about."""
    costs = [result.cost for result in results]
    asked = [cost is not None for cost in costs]
    return {
        "seconds_per_document": ratio([cost.seconds if cost else 0 for cost in costs], asked),
        "prompt_tokens_per_document": ratio([cost.prompt_tokens if cost else 0 for cost in costs], asked),
        "reply_tokens_per_document": ratio([cost.reply_tokens if cost else 0 for cost in costs], asked),
    }
