"""The texts that labelled documents hold, for an adapter to remember."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from docvlm.adapters import KnownValues
from docvlm.schemas import FieldType, Schema
from finetune.data.documents import FieldLabel, LabelledDocument


def known_texts(documents: Iterable[LabelledDocument], schema: Schema | None) -> KnownValues:
    """The labels of the schema's fields of type text, each once; lists and questions are left out."""
    wanted = {spec.name for spec in schema.fields if spec.type is FieldType.TEXT} if schema else set()
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for document in documents:
        for label in document.fields:
            if isinstance(label, FieldLabel) and label.value and label.name in wanted:
                found[label.name][" ".join(label.value.split())] = None
    return KnownValues({name: tuple(texts) for name, texts in found.items()})
