"""Base and adapter on the same held-out documents: what got better, what got worse, is that more than luck.

    settings = replace(Settings.from_environment(), model="embedded")
    result = before_after(settings, adapter, held_out, schema, readings, folder)
    if result.verdict.wins: ...

One model is in memory at a time.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from docvlm.adapters import Figure, read_card
from docvlm.adapters.registry import NO_ADAPTER
from docvlm.atomic import write_atomically
from docvlm.config import Settings
from docvlm.errors import InputError, UsageError
from docvlm.pipeline import Workspace
from finetune.data.documents import LabelledDocument
from finetune.data.readings import Readings
from finetune.evaluation.bootstrap import Interval
from finetune.evaluation.compare import Comparison, compare, paired_documents
from finetune.evaluation.evaluate import Asked, judge_documents, summarise
from finetune.evaluation.gallery import GalleryEntry, draw_gallery
from finetune.evaluation.gallery_page import gallery_page
from finetune.evaluation.kept_results import KeptResults
from finetune.evaluation.report import write_report
from finetune.evaluation.results import (
    DocumentResult,
    Evaluation,
    FieldFigures,
    JudgedValue,
    ValueKind,
    interval_json,
)
from finetune.evaluation.rows import CellCounts
from finetune.promotion import DocumentChange, FieldChange, Tally, Verdict, judge

BEFORE_AFTER_FILE = "before_after.json"
GALLERY_FILE = "before_after.html"
ALL_ANSWERS = "answers"

Tell = Callable[[str, int, int], None]
"""Told what is being done, and how many of how many documents of it are done."""


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """One model's figures over the held-out documents.

    ``adapter`` is None without one; ``failed`` documents could not be read or asked and count as wrong;
    ``right`` of ``asked`` values and cells are right.
    """

    model: str
    revision: str
    adapter: str | None
    failed: tuple[str, ...]
    metrics: dict[str, Interval]
    fields: tuple[FieldFigures, ...]
    right: int = 0
    asked: int = 0


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """A base and its adapter compared, and whether the adapter may take the base's place."""

    verdict: Verdict
    comparison: Comparison
    before: ModelFigures
    after: ModelFigures
    gallery: tuple[GalleryEntry, ...]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """What an adapter's card says of it: for each field, and all together, the share that is right."""
        changes = self.comparison.headline
        return tuple(Figure(name, change.before, change.after) for name, change in changes.items())


def before_after(
    settings: Settings,
    adapter: Path,
    held_out: Sequence[LabelledDocument],
    schema: Asked,
    readings: Readings,
    folder: Path,
    seed: int = 0,
    *,
    against: str = NO_ADAPTER,
    tell: Tell = lambda _what, _done, _total: None,
    cancel: threading.Event | None = None,
    kept: KeptResults | None = None,
) -> BeforeAfter:
    """Ask the base and then the adapter about documents that the adapter has not seen, and judge it.

    Writes to ``folder``: ``before_after.json`` (for :func:`read_before_after`), ``before_after.html`` with
    the pictures of ``gallery/``, and the files of ``finetune.evaluation.report.write_report``.

    Args:
        settings: the base model and how it is served; their adapter is not used.
        held_out: labelled documents that are not among those trained on.
        schema: fields to extract; fields that it lacks are not judged.
        seed: of the intervals.
        against: an adapter to compare with instead of the base as it is, as ``--adapter`` takes it.
        tell: called after every document.
        kept: what was judged of the same before, which is not judged again; what is judged now is kept there.

    Raises:
        Cancelled: soon after ``cancel`` was set, or where ``kept`` wants to pause.
        ModelError: when a model cannot be loaded, or the adapter was made for another base or tile budget.
        UsageError: when there is no held-out document, or the folder cannot be written.
    """
    if not held_out:
        raise UsageError("There is no held-out document to judge the adapter on.", "Label more documents.")
    kept = kept or KeptResults()
    card = read_card(adapter)
    if against == NO_ADAPTER and card is not None:
        kept.drop_other("base", card.base_revision)  # the base may have changed after it was asked
    before, after = (
        _evaluate(
            replace(settings, adapter=name), held_out, schema, readings, seed, model, tell, cancel, kept
        )
        for model, name in (("base", against), ("adapter", str(adapter.absolute())))
    )
    comparison = compare(before, after)
    verdict = verdict_on(before, after)
    write_report(folder, after, before, comparison)
    gallery = draw_gallery(comparison, held_out, schema, readings, folder, tell)
    result = BeforeAfter(verdict, comparison, _figures(before), _figures(after), gallery)
    write_atomically(folder / BEFORE_AFTER_FILE, _BEFORE_AFTER.dump_json(result, indent=1))
    write_atomically(folder / GALLERY_FILE, gallery_page(comparison, verdict, gallery, folder).encode())
    kept.forget()
    return result


def ask_base(
    settings: Settings,
    held_out: Sequence[LabelledDocument],
    schema: Asked,
    readings: Readings,
    kept: KeptResults,
    seed: int = 0,
    *,
    tell: Tell = lambda _what, _done, _total: None,
) -> ModelFigures:
    """The first half of :func:`before_after`, which then finds it in ``kept`` and does not ask again.

    Raises:
        Cancelled: where ``kept`` wants to pause.
        ModelError: when the model cannot be loaded.
    """
    settings = replace(settings, adapter=NO_ADAPTER)
    return _figures(_evaluate(settings, held_out, schema, readings, seed, "base", tell, None, kept))


def read_before_after(folder: Path) -> BeforeAfter:
    """What :func:`before_after` wrote.

    Raises:
        InputError: when there is none, or none that can be read.
    """
    file = folder / BEFORE_AFTER_FILE
    try:
        return _BEFORE_AFTER.validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise InputError(f"{file} is not a kept comparison.", "Judge the adapter again.") from error


def before_after_json(result: BeforeAfter) -> dict[str, Any]:
    """``{"verdict", "documents", "figures", "fixed", "broken", "still_wrong", "before", "after"}``.

    The names are stable. ``figures`` are the headline's; ``before`` and ``after`` name the models.
    """
    comparison = result.comparison
    models = {"before": result.before, "after": result.after}
    return {
        "verdict": asdict(result.verdict),
        "documents": comparison.documents,
        "figures": {
            name: {
                "before": round(change.before, 6),
                "after": round(change.after, 6),
                "difference": interval_json(change.difference),
                "p_value": round(change.p_value, 6),
            }
            for name, change in comparison.headline.items()
        },
        "fixed": len(comparison.fixed),
        "broken": len(comparison.broken),
        "still_wrong": len(comparison.still_wrong),
        **{
            name: {
                "model": one.model,
                "revision": one.revision,
                "adapter": one.adapter,
                "failed": list(one.failed),
            }
            for name, one in models.items()
        },
    }


def verdict_on(before: Evaluation, after: Evaluation) -> Verdict:
    """Whether the second model is better than the first by more than luck (see :func:`judge`)."""
    return judge([document_change(*pair) for pair in paired_documents(before, after)])


def document_change(before: DocumentResult, after: DocumentResult) -> DocumentChange:
    """How the values and line items of one document came out, counted for :func:`judge`.

    Of line items the cells count, as values that the document has: those of a column are fixed or broken
    by as many as its errors became fewer or more. What was not right because the base failed on the document
    as a whole (no time, no memory) is not to the adapter's credit.
    """
    now = {(value.kind, value.name): value for value in after.values}
    pairs = [(value, now[value.kind, value.name]) for value in before.values]
    tallies = [_tally([pair for pair in pairs if bool(pair[0].labels) is has]) for has in (True, False)]
    present = _with_cells(tallies[0], before, after)
    fields = (*_field_changes(pairs), *_column_changes(before, after))
    if before.failure is not None:
        present, tallies[1] = replace(present, fixed=0), replace(tallies[1], fixed=0)
        fields = tuple(replace(change, gain=min(0, change.gain)) for change in fields)
    return DocumentChange(present, tallies[1], fields)


def _field_changes(pairs: Sequence[tuple[JudgedValue, JudgedValue]]) -> Iterator[FieldChange]:
    """Each field; all questions as one, since hardly any is asked of two documents."""
    for old, new in pairs:
        name = old.name if old.kind is ValueKind.FIELD else ALL_ANSWERS
        yield FieldChange(name, 1, new.right - old.right)


def _column_changes(before: DocumentResult, after: DocumentResult) -> Iterator[FieldChange]:
    new = _cells(after)
    for key, old in _cells(before).items():
        if key in new:
            yield FieldChange(".".join(key), old.labelled, _errors(old) - _errors(new[key]))


def _tally(pairs: Sequence[tuple[JudgedValue, JudgedValue]]) -> Tally:
    return Tally(
        values=len(pairs),
        right=sum(new.right for _, new in pairs),
        fixed=sum(new.right and not old.right for old, new in pairs),
        broken=sum(old.right and not new.right for old, new in pairs),
    )


def _with_cells(tally: Tally, before: DocumentResult, after: DocumentResult) -> Tally:
    old, new = _cells(before), _cells(after)
    gains = [_errors(old[key]) - _errors(new[key]) for key in old if key in new]
    return Tally(
        values=tally.values + sum(cell.labelled for cell in new.values()),
        right=tally.right + sum(cell.right for cell in new.values()),
        fixed=tally.fixed + sum(gain for gain in gains if gain > 0),
        broken=tally.broken - sum(gain for gain in gains if gain < 0),
    )


def _cells(result: DocumentResult) -> dict[tuple[str, str], CellCounts]:
    return {(rows.name, cell.column): cell for rows in result.rows for cell in rows.cells}


def _errors(cell: CellCounts) -> int:
    """Cells of a column that are wrong, missing or too many."""
    return max(cell.predicted, cell.labelled) - cell.right


def _evaluate(
    settings: Settings,
    held_out: Sequence[LabelledDocument],
    schema: Asked,
    readings: Readings,
    seed: int,
    model: str,
    tell: Tell,
    cancel: threading.Event | None,
    kept: KeptResults,
) -> Evaluation:
    """Load a model, ask it about every document that it was not asked about before, and free it again."""
    if (evaluation := kept.evaluation(model, held_out)) is not None:
        return evaluation
    what, results = f"Asking the {model}", kept.results(model, held_out)
    tell(what, len(results), len(held_out))
    try:
        with Workspace(settings) as workspace:
            engine = workspace.engine
            for result in judge_documents(
                engine, held_out[len(results) :], readings, schema, budget=settings.budget, cancel=cancel
            ):
                results.append(result)
                kept.add(model, result)
                tell(what, len(results), len(held_out))
                if len(results) < len(held_out):
                    kept.pause_where_wanted()
            evaluation = summarise(engine, tuple(results), seed)
    finally:
        gc.collect()  # modules that know each other are not freed by counting references
    kept.finish(model, evaluation)
    kept.pause_where_wanted()
    return evaluation


def _figures(evaluation: Evaluation) -> ModelFigures:
    return ModelFigures(
        model=evaluation.model,
        revision=evaluation.revision,
        adapter=evaluation.adapter,
        failed=tuple(f"{result.name}: {result.failure}" for result in evaluation.failed),
        metrics=evaluation.metrics,
        fields=evaluation.fields,
        right=sum(result.right for result in evaluation.documents),
        asked=sum(result.asked for result in evaluation.documents),
    )


_BEFORE_AFTER = TypeAdapter(BeforeAfter)
