"""Sides of a split as files and folders, under the names that Hugging Face's data sets use."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from finetune.data.documents import LabelledDocument

_UNSPLIT = "documents"
_SIDES = {"train": "train", "dev": "validation", "test": "test"}


def split_sides(documents: Iterable[LabelledDocument]) -> dict[str, list[LabelledDocument]]:
    """Documents by what their side is called; ``documents`` for those without one."""
    sides: dict[str, list[LabelledDocument]] = {}
    for document in documents:
        sides.setdefault(_SIDES.get(document.split or "", _UNSPLIT), []).append(document)
    return sides


def split_of_file(path: Path) -> str | None:
    """The split that a file or folder such as ``train`` or ``validation-00000-of-00003.parquet`` holds."""
    name = path.name.partition("-")[0].partition(".")[0]
    return next((split for split, side in _SIDES.items() if name in (side, split)), None)
