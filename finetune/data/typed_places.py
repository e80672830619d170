"""Where a date, an amount or another typed value stands on a page, however it is printed there."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

from docvlm.grounding import PageWords, WordRun
from docvlm.schemas import (
    DateOrder,
    DecimalStyle,
    FieldSpec,
    FieldType,
    PageContext,
    find_candidates,
    normalise,
)
from docvlm.schemas.letters import compact
from docvlm.schemas.numbers import decimal_of

_NUMBERS = frozenset({FieldType.AMOUNT, FieldType.NUMBER, FieldType.INTEGER, FieldType.PERCENT})
_CODES = frozenset({FieldType.PHONE, FieldType.IDENTIFIER, FieldType.EMAIL, FieldType.IBAN})
_AROUND_DIGITS = re.compile(r"^\D+|\D+$")
_SHORTEST_CODE_WITH_A_SLIP = 8

Same = Callable[[WordRun], bool]


def typed_places(
    value: str, spec: FieldSpec, words: PageWords, context: PageContext
) -> tuple[WordRun, ...] | None:
    """The runs that read as ``spec.type`` and mean ``value``; None for text, where any run will do.

    Only these can be decoded for the field, so a value that stands on the page in another form counts as
    not there. Of a long code with one misread character the run is given where no other run is as near.
    """
    candidates = _candidates(spec, words, context)
    if candidates is None:
        return None
    same_value = _same_value(value, spec, context)
    ways: list[Same] = [same_value, lambda run: compact(run.text) == compact(value)]
    if spec.type in _NUMBERS:  # 6.00 before the 6 of another 6 00
        ways.insert(0, lambda run: same_value(run) and _digits(run.text) == _digits(value))
    ways += [_same_value(value, spec, context, printed) for printed in _other_habits(spec, context)]
    for same in ways:
        if found := tuple(run for run in candidates if same(run)):
            return found
    return _misread(value, candidates) if spec.type in _CODES else ()


def _candidates(spec: FieldSpec, words: PageWords, context: PageContext) -> list[WordRun] | None:
    runs: list[WordRun] = []
    for order, texts in enumerate(words.orders):
        spans = find_candidates(texts, spec, context)
        if spans is None:
            return None
        runs += [words.run(order, start, end) for start, end in spans]
    return runs


def _other_habits(spec: FieldSpec, context: PageContext) -> list[PageContext]:
    """How the page may write dates and numbers where its own habit leaves that open or contradicts."""
    if spec.type is FieldType.DATE:
        return [replace(context, date_order=order) for order in DateOrder]
    if spec.type in _NUMBERS and context.decimal_style is None:
        return [replace(context, decimal_style=style) for style in DecimalStyle]
    return []


def _same_value(
    value: str, spec: FieldSpec, context: PageContext, printed: PageContext | None = None
) -> Same:
    """Whether a run has the typed form of ``value``; ``printed``: how the page may be read instead."""
    wanted = _typed(value, spec, context)

    def same(run: WordRun) -> bool:
        found = _typed(run.text, spec, printed or context)
        return wanted is not None and found is not None and _equal(wanted, found, spec.type)

    return same


@lru_cache(maxsize=16384)  # the cells of a column are compared with the same runs, row after row
def _typed(text: str, spec: FieldSpec, context: PageContext) -> str | None:
    return normalise(text, spec, context).value


def _equal(wanted: str, found: str, kind: FieldType) -> bool:
    if kind in _NUMBERS:
        return decimal_of(wanted) == decimal_of(found)
    if kind is FieldType.TIME:  # seconds are often printed and seldom labelled
        return wanted.startswith(found) or found.startswith(wanted)
    return wanted.casefold() == found.casefold()


def _digits(text: str) -> str:
    """The printed number without currency and white space: ``RM 1,234.50`` → ``1.234.50``."""
    return _AROUND_DIGITS.sub("", "".join(text.split()).replace(",", "."))


def _misread(value: str, candidates: Sequence[WordRun]) -> tuple[WordRun, ...]:
    wanted = compact(value)
    if len(wanted) < _SHORTEST_CODE_WITH_A_SLIP:
        return ()
    near = [run for run in candidates if Levenshtein.distance(compact(run.text), wanted) <= 1]
    texts = {compact(run.text) for run in near}
    return tuple(near) if len(texts) == 1 else ()
