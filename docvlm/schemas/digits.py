"""Letters that OCR prints where a digit stood."""

from __future__ import annotations

import re

_LIKE_ZERO_OR_ONE = str.maketrans("OoI|l", "00111")
_LIKE_A_DIGIT = str.maketrans("OoQIl|SBZ", "000111582")

# A run of digits, look-alikes and separators that stands free of other letters.
_NUMERIC_RUN = re.compile(r"(?<![^\W_|])[0-9OoQIl|SBZ]{1,20}(?:[.,:/'’-][0-9OoQIl|SBZ]{1,20}){1,9}(?![^\W_])")
_AFTER_CURRENCY = re.compile(
    r"(?<![^\W_])(?:RM|Rp|Rs|EUR|USD|[$€£])\.?"
    r"([0-9OoIl|]{1,3}(?:[.,][0-9OoIl|]{3})*[.,][0-9OoIl|]{2})(?![^\W_])"
)


def repair_digits(text: str) -> str:
    """``text`` with look-alike letters replaced by digits inside numbers; the length stays the same.

    Only runs with a separator are touched, and only where at least half of the characters are digits:
    ``25/12/2O18`` and ``1O.00`` are repaired, ``SOLO``, ``B12`` and ``1.5l`` (a litre and a half) stay.
    """
    repaired = _NUMERIC_RUN.sub(lambda match: _repair(match[0]), text)
    return _AFTER_CURRENCY.sub(
        lambda match: match[0][: match.start(1) - match.start()] + _repair(match[1]), repaired
    )


def _repair(run: str) -> str:
    characters = [character for character in run if character not in ".,:/'’-"]
    digits = sum(character.isdigit() for character in characters)
    if digits == len(characters) or 2 * digits < len(characters):
        return run
    if len(run) - len(characters) > 1 or "/" in run:
        return run.translate(_LIKE_A_DIGIT)
    if run.endswith("l"):
        return run
    return run.translate(_LIKE_ZERO_OR_ONE)
