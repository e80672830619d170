"""Whether a predicted value is the labelled one: as written, folded, or by its meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from docvlm.schemas import FieldSpec, FieldType, PageContext, normalise
from finetune.evaluation.text import anls, collapse, fold, similarity

NEAR_ENOUGH = 0.9
"""Folded texts this similar mean the same: a reader's slip in ten characters is not the model's error."""

_NUMBERS = (FieldType.AMOUNT, FieldType.NUMBER, FieldType.INTEGER, FieldType.PERCENT)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a prediction agrees with its label.

    Attributes:
        exact: the same characters, but for runs of white space, as printed or in the typed form.
        normalised: the same letters and digits (``finetune.evaluation.text.fold``).
        typed: the same meaning, see :func:`agree`.
        anls: similarity of the printed text in [0, 1]; 1 for a rightly missing value.
    """

    exact: bool
    normalised: bool
    typed: bool
    anls: float


_RIGHTLY_NONE = Agreement(True, True, True, 1.0)
_WRONG = Agreement(False, False, False, 0.0)


def agree(
    raw: str | None,
    value: str | None,
    accepted: Sequence[str],
    spec: FieldSpec,
    contexts: Sequence[PageContext] = (PageContext(),),
) -> Agreement:
    """Compare a prediction with the values that count as right; the best of them decides.

    The typed match compares numbers as numbers and dates as dates, each in the typed form that
    ``docvlm.schemas.normalise`` gives label and prediction. Text matches when folded texts are at least
    ``NEAR_ENOUGH`` similar (the ANLS's similarity, Biten et al. 2019, with a strict threshold). So do labels
    that cannot be read as their field's type, without the tolerance.

    Args:
        raw: the predicted words; None for "not found".
        value: their typed form.
        accepted: right values, as printed or typed; empty where the document does not have the field.
        contexts: how the page may write dates and amounts; one that reads the label as predicted is enough.
    """
    if not accepted:
        return _RIGHTLY_NONE if raw is None else _WRONG
    if raw is None:
        return _WRONG
    forms = [form for form in (raw, value) if form]
    exact = {collapse(form) for form in forms} & {collapse(label) for label in accepted}
    normalised = {fold(form) for form in forms} & {fold(label) for label in accepted}
    typed = bool(normalised) or any(_same_meaning(raw, value, label, spec, contexts) for label in accepted)
    return Agreement(bool(exact), bool(normalised), typed, anls(raw, accepted))


def _same_meaning(
    raw: str, value: str | None, label: str, spec: FieldSpec, contexts: Sequence[PageContext]
) -> bool:
    if spec.type is FieldType.TEXT:
        return similarity(fold(raw), fold(label)) >= NEAR_ENOUGH
    if value is None:
        return False
    readings = {normalise(label, spec, context).value for context in contexts}
    if spec.type in _NUMBERS:
        return _number(value) is not None and _number(value) in {_number(reading) for reading in readings}
    return value in readings


def _number(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return None
