"""The texts that labelled documents hold, for an adapter to remember.

Corrected lines teach a model that reads words nothing else: its replies are words of the page as they were
read, and a correction is none of these. What can be used of them is their spelling.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from docvlm.adapters import KnownValues
from docvlm.schemas import FieldType, Schema
from finetune.data.documents import FieldLabel, LabelledDocument


def known_texts(documents: Iterable[LabelledDocument], schema: Schema | None) -> KnownValues:
    """The labels of the schema's fields of type text, and the lines of transcripts, each once.

    Lists, questions and transcripts without lines are left out.
    """
    wanted = {spec.name for spec in schema.fields if spec.type is FieldType.TEXT} if schema else set()
    found: dict[str, dict[str, None]] = defaultdict(dict)
    lines: dict[str, None] = {}
    for document in documents:
        lines |= dict.fromkeys(filter(None, (" ".join(line.split()) for line in _lines(document))))
        for label in document.fields:
            if isinstance(label, FieldLabel) and label.value and label.name in wanted:
                found[label.name][" ".join(label.value.split())] = None
    return KnownValues({name: tuple(texts) for name, texts in found.items()}, tuple(lines))


def _lines(document: LabelledDocument) -> Iterator[str]:
    yield from document.lines
    for transcript in document.transcripts:
        yield from (transcript.text or "").splitlines()
