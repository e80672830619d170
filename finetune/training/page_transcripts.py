"""Labelled transcripts as what a model that sees a page copies from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from docvlm.pipeline.windows import Window
from finetune.data.documents import LabelledDocument


def page_transcripts(document: LabelledDocument, windows: Sequence[Window]) -> tuple[list[str], int]:
    """The text of the page that each window shows whole, empty where it is not known, and how many are lost.

    Nobody says which lines of a text stand in which part of a page, so that the transcript of a page that is
    cut into several windows is lost, as is that of several pages together. Words in no order are no text.
    """
    parts = Counter(window.page_number for window in windows)
    found: dict[int, str] = {}
    lost = 0
    for label in document.transcripts:
        if label.text is None:
            continue
        page = label.page if label.page is not None or len(parts) != 1 else next(iter(parts))
        lines = [" ".join(line.split()) for line in label.text.splitlines()]
        if page is not None and parts[page] == 1 and any(lines):
            found[page] = "\n".join(filter(None, lines))
        else:
            lost += 1
    return [found.get(window.page_number, "") for window in windows], lost
