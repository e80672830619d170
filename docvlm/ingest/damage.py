"""What is said of a file that was opened though a part of it is missing."""

from __future__ import annotations

from collections.abc import Iterable

CUT_OFF = "The image file is cut off; the missing part was left blank."
REPAIRED = "The PDF is damaged and was repaired; parts of it may be missing."


def damage_in(notes: Iterable[str]) -> str | None:
    """The note on a page that tells of damage to its file, None where there is none."""
    return next((note for note in notes if note in (CUT_OFF, REPAIRED)), None)
