"""What is to be known of labels before they are learnt from: problems, duplicates, and how they are split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from docvlm.errors import InputError
from docvlm.schemas import Schema
from finetune.data.documents import LabelledDocument
from finetune.data.duplicates import duplicate_groups
from finetune.data.problems import LabelProblem, find_problems, without_problems
from finetune.data.readings import Readings
from finetune.data.schema import checked_schema, schema_of
from finetune.data.split import Split, split_documents


@dataclass(frozen=True, slots=True)
class LabelCheck:
    """What a check has found.

    Attributes:
        documents: all that were given.
        schema: the fields to ask for; None where no field is labelled.
        problems: labels that are not learnt from, with a sentence each.
        duplicates: documents that are nearly the same, as groups of content hashes; they stay on one side.
        split: of what can be learnt from.
    """

    documents: tuple[LabelledDocument, ...]
    schema: Schema | None
    problems: tuple[LabelProblem, ...]
    duplicates: tuple[tuple[str, ...], ...]
    split: Split


def check_labels(
    documents: Sequence[LabelledDocument],
    readings: Readings,
    schema: Schema | None = None,
    held_out: float = 0.2,
    seed: int = 0,
    read: Callable[[LabelledDocument], None] = lambda _document: None,
) -> LabelCheck:
    """Read every document, look for its labels, compare the documents and split them.

    Args:
        schema: fields to ask for; by default those that are labelled, with the types the labels bear out.
        held_out: how many documents are held back, or below 1 which share of them.
        read: told of each document that has been read, which is what takes long.

    Raises:
        UsageError: when ``held_out`` is negative.
    """
    readable = []
    for document in documents:
        if _can_be_read(document, readings):
            readable.append(document)
        read(document)
    if schema is None and any(document.fields for document in documents):
        schema = checked_schema(schema_of(documents), readable, readings)
    problems = find_problems(documents, readings, schema)
    duplicates = duplicate_groups(readable, readings)
    usable = without_problems(documents, problems)
    split = split_documents(usable, duplicates, held_out, seed)
    return LabelCheck(tuple(documents), schema, problems, duplicates, split)


def _can_be_read(document: LabelledDocument, readings: Readings) -> bool:
    try:
        readings.of(document)
    except InputError:
        return False
    return True
