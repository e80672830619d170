"""The texts that a person labelled, and how one of them is spelt where the reader misread it.

Firms and addresses come back. A value that differs from one labelled before by the reader's mistakes alone
is that one: no digit changes, but for those that look like letters, and one letter in twenty at most.
So it is with a value that is the whole of a line that a person corrected, whatever its field.
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
from docvlm.schemas.letters import compact

KNOWN_VALUES_FILE = "known_values.json"

_LOOK_ALIKE = str.maketrans("0158269|!i", "olsbzgglll")
"""Digits and signs as the letters that readers take them for; i and l are one, too."""

_LINES = ""
"""Where lines stand among the fields of the file; no field has an empty name."""

_LETTERS_A_CHANGE = 20
_FEWEST_LETTERS = 8
"""Shorter texts are too easily another's."""


@dataclass(frozen=True, slots=True)
class KnownValues:
    """Labelled texts by the name of their field, and lines of pages as a person says they read."""

    by_field: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lines: tuple[str, ...] = ()

    def spelling(self, name: str, printed: str) -> str | None:
        """The nearest labelled text that ``printed`` is a misreading of; None without one, or with two.

        Texts of the field itself come before lines.
        """
        letters = compact(printed)
        known = [
            {compact(text): text for text in texts} for texts in (self.by_field.get(name, ()), self.lines)
        ]
        if len(letters) < _FEWEST_LETTERS or any(letters in texts for texts in known):
            return None
        near = (
            sorted(
                (_misread_letters(letters, other), text)
                for other, text in texts.items()
                if _is_misreading(letters, other)
            )
            for texts in known
        )
        found = next(filter(None, near), [])
        is_clear = len(found) == 1 or (len(found) > 1 and found[0][0] < found[1][0])
        return found[0][1] if is_clear else None


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
        texts = {str(name): tuple(map(str, values)) for name, values in kept.items()}
        lines = texts.pop(_LINES, ())
        return KnownValues(texts, lines)
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise ModelError(
            f"The file {file} is damaged.", "Delete it; the adapter works without it."
        ) from error


def write_known_values(adapter: Path, known: KnownValues) -> None:
    """Keep them beside an adapter's weights, where there are any."""
    if known != NOTHING_KNOWN:
        lines = {_LINES: known.lines} if known.lines else {}
        text = json.dumps({**known.by_field, **lines}, ensure_ascii=False, indent=2)
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


def _digits(text: str) -> str:
    return "".join(re.findall(r"\d", text))
