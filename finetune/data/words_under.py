"""The words of a page that stand in boxes, for regions that were drawn and not typed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from docvlm.errors import InputError
from docvlm.types import Box
from finetune.data.documents import LabelledDocument
from finetune.data.json_lines import content_hash
from finetune.data.label_studio import FindWords
from finetune.data.readings import Readings


def words_under(readings: Readings) -> FindWords:
    """Finds the words whose centre lies in one of the boxes, in reading order."""

    def find(path: Path, page: int, boxes: Sequence[Box]) -> str | None:
        document = LabelledDocument(content_hash(path), path.name, path)
        try:
            pages = readings.of(document)
        except InputError:
            return None
        found = [
            word.text
            for reading in pages
            if reading.page_number == page
            for word in reading.words
            if any(_holds(box, word.box) for box in boxes)
        ]
        return " ".join(found) or None

    return find


def _holds(box: Box, word: Box) -> bool:
    x, y = word.center
    return box.x0 <= x < box.x1 and box.y0 <= y < box.y1
