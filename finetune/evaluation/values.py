"""Whether a predicted value is the labelled one: as written, folded, or by its meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from docvlm.schemas import DecimalStyle, FieldSpec, FieldType, PageContext, normalise
from docvlm.schemas.numbers import decimal_of
from finetune.evaluation.text import anls, collapse, fold, similarity

NEAR_ENOUGH = 0.9
"""Folded texts this similar mean the same: a reader's slip in ten characters is not the model's error."""

_PLAIN_DECIMAL = re.compile(r"-?\d+\.\d+")
_DECIMAL_POINT = PageContext(decimal_style=DecimalStyle.POINT)
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


@dataclass(frozen=True, slots=True)
class PrintedPage:
    """What tells how a label is meant: the document's text, and how it writes dates and amounts."""

    text: str = ""
    context: PageContext = field(default_factory=PageContext)

    def typed_forms(self, label: str, spec: FieldSpec) -> set[str]:
        """The typed forms that a label can mean; several only where nothing decides.

        ``129.750`` may be a thousand times ``129.75``, and 03/04 March or April. A label that is printed like
        that is read as the page writes. One that is not, and is a plain decimal, was typed as such: the dot
        stands before decimals. Any other may have been typed in the page's way or in the usual one.
        """
        contexts = [self.context]
        if not self._prints(label):
            is_decimal = spec.type in _NUMBERS and _PLAIN_DECIMAL.fullmatch(label.strip())
            contexts = [_DECIMAL_POINT] if is_decimal else [self.context, PageContext()]
        forms = {normalise(label, spec, context).value for context in contexts}
        return {form for form in forms if form is not None}

    def _prints(self, label: str) -> bool:
        wanted = re.escape(collapse(label).casefold())
        return re.search(rf"(?<![\w.,]){wanted}(?!\w|[.,]\d)", _caseless(self.text)) is not None


@lru_cache(maxsize=4)  # every label of a document asks for the same text
def _caseless(text: str) -> str:
    return collapse(text).casefold()


def agree(
    raw: str | None,
    value: str | None,
    accepted: Sequence[str],
    spec: FieldSpec,
    page: PrintedPage = PrintedPage(),
) -> Agreement:
    """Compare a prediction with the values that count as right; the best of them decides.

    The typed match compares numbers as numbers and dates as dates, each in the typed form that
    ``docvlm.schemas.normalise`` gives label and prediction (see :meth:`PrintedPage.typed_forms`). For these
    the same letters and digits are not enough: ``129,750`` may not be ``129750``, and 1/12 is not 11/2. For
    all other types they are, and for labels that cannot be read as their field's type. Text matches when
    folded texts are at least ``NEAR_ENOUGH`` similar (the ANLS's similarity, Biten et al. 2019, with a strict
    threshold).

    Args:
        raw: the predicted words; None for "not found".
        value: their typed form.
        accepted: right values, as printed or typed; empty where the document does not have the field.
        page: where the value stands.
    """
    if not accepted:
        return _RIGHTLY_NONE if raw is None else _WRONG
    if raw is None:
        return _WRONG
    forms = [form for form in (raw, value) if form]
    exact = {collapse(form) for form in forms} & {collapse(label) for label in accepted}
    normalised = {fold(form) for form in forms} & {fold(label) for label in accepted}
    typed = bool(exact) or any(_same_meaning(raw, value, label, spec, page) for label in accepted)
    return Agreement(bool(exact), bool(normalised), typed, anls(raw, accepted))


def _same_meaning(raw: str, value: str | None, label: str, spec: FieldSpec, page: PrintedPage) -> bool:
    if spec.type is FieldType.TEXT:
        return similarity(fold(raw), fold(label)) >= NEAR_ENOUGH
    same_letters = fold(label) in {fold(form) for form in (raw, value) if form}
    readings = page.typed_forms(label, spec)
    if not readings or value is None:
        return same_letters
    if spec.type in _NUMBERS:
        return decimal_of(value) in {decimal_of(reading) for reading in readings}
    return value in readings or (spec.type is not FieldType.DATE and same_letters)
