"""Pages with a labelled transcript, to be read from their pixels alone.

For models that see: text to transcribe is what lifted reading most in "What matters when building
vision-language models?" (arXiv 2405.02246, section 4.1). The page's words are kept from the model here, or it
would only learn to copy them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from docvlm.grounding import PageWords
from docvlm.models.protocol import PageInput
from docvlm.pipeline.windows import Window
from docvlm.reading import layout_rows
from docvlm.schemas import page_context
from docvlm.types import Reading
from finetune.data.documents import LabelledDocument
from finetune.training.examples import WindowExample


def transcript_examples(document: LabelledDocument, readings: Sequence[Reading]) -> list[WindowExample]:
    """An example for each transcript in reading order whose page is known.

    A transcript that names no page is that of the only page of a document.
    """
    pages = {reading.page_number: reading for reading in readings}
    examples = []
    for label in document.transcripts:
        number = next(iter(pages)) if label.page is None and len(pages) == 1 else label.page
        if number in pages and label.text is not None and label.text.strip():
            examples.append(_example(document, pages[number], label.text.strip()))
    return examples


def _example(document: LabelledDocument, reading: Reading, text: str) -> WindowExample:
    words = PageWords([line.words for line in reading.lines], layout_rows(reading))
    key = hashlib.sha256(f"{document.sha256} {reading.page_number}".encode()).hexdigest()
    window = Window(reading.page_number, reading, words, PageInput(key, ""))
    return WindowExample(document, window, page_context(text), (), (), transcript=text)
