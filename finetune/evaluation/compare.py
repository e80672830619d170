"""The same documents before and after: which figures moved, and is that more than chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter

from docvlm.errors import UsageError
from finetune.evaluation.bootstrap import Bootstrap, Interval
from finetune.evaluation.results import DocumentResult, Evaluation, JudgedValue, ValueKind
from finetune.evaluation.summary import Statistics, field_statistics, metric_statistics


@dataclass(frozen=True, slots=True)
class Change:
    """One figure before and after.

    Attributes:
        difference: after - before, with its paired bootstrap interval.
        p_value: of the paired randomisation test (see ``Bootstrap.p_value``).
    """

    before: float
    after: float
    difference: Interval
    p_value: float


@dataclass(frozen=True, slots=True)
class ChangedValue:
    """One field or answer of one document that is wrong before, after or both."""

    sha256: str
    document: str
    before: JudgedValue
    after: JudgedValue


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same documents.

    ``fixed`` went from wrong to right, ``broken`` the other way, ``still_wrong`` are wrong in both. Fields
    come in order of first sight; figures that only one of the two has are left out.
    """

    documents: int
    metrics: dict[str, Change]
    fields: dict[str, dict[str, Change]]
    fixed: tuple[ChangedValue, ...]
    broken: tuple[ChangedValue, ...]
    still_wrong: tuple[ChangedValue, ...] = ()

    @property
    def headline(self) -> dict[str, Change]:
        """The share that is right by meaning: of each field and list, then of all together."""
        figures = {name: _first(changes, _HEADLINES) for name, changes in self.fields.items()}
        figures |= {name: self.metrics.get(metric) for name, metric in _TOGETHER.items()}
        return {name: change for name, change in figures.items() if change is not None}


_HEADLINES = ("typed", "cells_f1", "f1")
_TOGETHER = {"all fields": "field_typed", "all line items": "cells_f1", "all answers": "answer_typed"}


def _first(changes: Mapping[str, Change], names: Sequence[str]) -> Change | None:
    return next((changes[name] for name in names if name in changes), None)


def compare(before: Evaluation, after: Evaluation) -> Comparison:
    """Compare two evaluations of the same labels, document by document.

    Documents are matched by their content; those that only one evaluation has are left out.

    Raises:
        UsageError: when they have no document in common.
    """
    pairs = paired_documents(before, after)
    if not pairs:
        raise UsageError("The two evaluations have no document in common.", "Evaluate the same label file.")
    both = [one for one, _ in pairs] + [other for _, other in pairs]
    bootstrap = Bootstrap(len(pairs), after.seed)
    changed = [change for one, other in pairs for change in _changed(one, other)]
    return Comparison(
        documents=len(pairs),
        metrics=_changes(bootstrap, metric_statistics(both)),
        fields={name: _changes(bootstrap, of) for name, of in field_statistics(both).items()},
        fixed=tuple(change for change in changed if change.after.right),
        broken=tuple(change for change in changed if change.before.right),
        still_wrong=tuple(change for change in changed if not change.before.right and not change.after.right),
    )


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Everything as plain JSON."""
    plain: dict[str, Any] = TypeAdapter(Comparison).dump_python(comparison, mode="json")
    return plain


def paired_documents(before: Evaluation, after: Evaluation) -> list[tuple[DocumentResult, DocumentResult]]:
    """The documents of both, cut down to the values that both were asked for."""
    known = {result.sha256: result for result in after.documents}
    pairs = [(one, known[one.sha256]) for one in before.documents if one.sha256 in known]
    return [(_only_asked(one, other), _only_asked(other, one)) for one, other in pairs]


def _only_asked(result: DocumentResult, other: DocumentResult) -> DocumentResult:
    asked = {_key(value) for value in other.values}
    return replace(result, values=tuple(value for value in result.values if _key(value) in asked))


def _changed(before: DocumentResult, after: DocumentResult) -> list[ChangedValue]:
    now = {_key(value): value for value in after.values}
    pairs = [(value, now[_key(value)]) for value in before.values]
    wrong = [(old, new) for old, new in pairs if not (old.right and new.right)]
    return [ChangedValue(after.sha256, after.name, old, new) for old, new in wrong]


def _key(value: JudgedValue) -> tuple[ValueKind, str]:
    return value.kind, value.name


def _changes(bootstrap: Bootstrap, statistics: Statistics) -> dict[str, Change]:
    changes: dict[str, Change] = {}
    for name, statistic in statistics.items():
        figures = bootstrap.before_and_after(statistic)
        difference, p_value = bootstrap.difference(statistic), bootstrap.p_value(statistic)
        if difference is not None and p_value is not None:
            changes[name] = Change(*figures, difference, p_value)
    return changes
