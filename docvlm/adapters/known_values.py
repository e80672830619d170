"""The texts that a person labelled, and how one of them is spelt where the reader misread it.

Firms and addresses come back. A value that differs from one labelled before by the reader's mistakes alone
is that one: no digit changes, but for those that look like letters, and one letter in twenty at most.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from docvlm.atomic import write_atomically
from docvlm.errors import ModelError

KNOWN_VALUES_FILE = "known_values.json"

_LOOK_ALIKE = str.maketrans("0158269|!i", "olsbzgglll")
"""Digits and signs as the letters that readers take them for; i and l are one, too."""

_LETTERS_A_CHANGE = 20
_FEWEST_LETTERS = 8
"""Shorter texts are too easily another's."""


@dataclass(frozen=True, slots=True)
class KnownValues:
    """Labelled texts by the name of their field."""

    by_field: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def spelling(self, name: str, printed: str) -> str | None:
        """The nearest labelled text that ``printed`` is a misreading of; None without one, or with two."""
        letters = _letters(printed)
        known = {_letters(value): value for value in self.by_field.get(name, ())}
        if len(letters) < _FEWEST_LETTERS or letters in known:
            return None
        near = sorted(
            (_misread_letters(letters, other), value)
            for other, value in known.items()
            if _is_misreading(letters, other)
        )
        is_clear = len(near) == 1 or (len(near) > 1 and near[0][0] < near[1][0])
        return near[0][1] if is_clear else None


NOTHING_KNOWN = KnownValues()


def read_known_values(adapter: Path | None) -> KnownValues:
    """Those kept in an adapter's folder; none without a file.

    Raises:
        ModelError: when the file is damaged.
    """
    file = adapter / KNOWN_VALUES_FILE if adapter is not None else None
    if file is None or not file.is_file():
        return NOTHING_KNOWN
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return KnownValues({str(name): tuple(map(str, values)) for name, values in kept.items()})
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise ModelError(
            f"The file {file} is damaged.", "Delete it; the adapter works without it."
        ) from error


def write_known_values(adapter: Path, known: KnownValues) -> None:
    """Keep them beside an adapter's weights, where there are any."""
    if known.by_field:
        text = json.dumps(dict(known.by_field), ensure_ascii=False, indent=2)
        write_atomically(adapter / KNOWN_VALUES_FILE, text.encode())


def _is_misreading(letters: str, known: str) -> bool:
    misread = _misread_letters(letters, known)
    if misread == 0:  # and the same length; 6 and 9 look like one letter, but not like each other
        return all(
            one == other or not (one + other).isdigit() for one, other in zip(letters, known, strict=True)
        )
    return _digits(letters) == _digits(known) and misread <= max(1, len(known) // _LETTERS_A_CHANGE)


def _misread_letters(letters: str, known: str) -> int:
    """How many letters differ, those that look alike left out."""
    return Levenshtein.distance(letters.translate(_LOOK_ALIKE), known.translate(_LOOK_ALIKE))


def _letters(text: str) -> str:
    """Lower case without white space; marks count, as they are misread too."""
    return "".join(text.casefold().split())


def _digits(text: str) -> str:
    return "".join(re.findall(r"\d", text))
