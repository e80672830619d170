"""The labels that a command is given: documents, the fields to ask for, and facts."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from docvlm.config import Settings
from docvlm.errors import UsageError
from docvlm.schemas import load_schema
from docvlm.terminal import tell
from finetune.data.cases import FILE_TASKS, read_cases, tests_files_alone
from finetune.data.documents import LabelledDocument
from finetune.data.donut import METADATA
from finetune.data.forms import CASES_FILE, LabelForm, ReadOptions, detect_form
from finetune.data.forms import read_labels as read_labels_of
from finetune.data.readings import Readings
from finetune.data.schema import MOST_COMMON_FIELDS, schema_of
from finetune.data.words_under import words_under
from finetune.evaluation.evaluate import Asked
from finetune.evaluation.fact_lines import read_facts
from finetune.evaluation.facts import Fact

TASKS = ("extract", "qa", "ocr", "page_fact")
PICTURES = "pictures"
"""The folder, among what training keeps, of pictures that lie inside label files."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What is evaluated: documents, the fields to ask for, and facts by document hash."""

    documents: tuple[LabelledDocument, ...]
    schema: Asked
    facts: Mapping[str, tuple[Fact, ...]]


def read_labels(
    cases: Path,
    tasks: Sequence[str] = TASKS,
    schema: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    without: Sequence[str] = (),
) -> Labels:
    """A label file's documents, cut down to the tasks and the sample that were asked for.

    Args:
        cases: a file or folder of any form that ``finetune.data.forms`` knows.
        schema: as for ``docvlm extract``; by default the fields that are labelled.
        limit: the size of a random sample.
        seed: of the sample.
        without: hashes of documents to leave out.

    Raises:
        InputError: when the file cannot be read.
        UsageError: when nothing in it can be evaluated.
    """
    form = _form(cases)
    if form is LabelForm.CASES and cases.is_dir():
        cases = cases / CASES_FILE
    documents: tuple[LabelledDocument, ...] = ()
    facts: Mapping[str, tuple[Fact, ...]] = {}
    if form is LabelForm.CASES and "page_fact" in tasks:
        documents, facts = read_facts(cases, tell)
    labelled = [_cut(document, tasks) for document in _read(cases, form)]
    labelled = [
        document for document in labelled if document.fields or document.questions or document.transcripts
    ]
    known = {document.sha256 for document in labelled}
    labelled += [document for document in documents if document.sha256 not in known]
    if not labelled:
        raise _nothing_to_evaluate(cases, form, tasks)
    labelled = [document for document in labelled if document.sha256 not in without]
    if limit is not None and limit < len(labelled):
        chosen = sorted(random.Random(seed).sample(range(len(labelled)), limit))  # noqa: S311 - a sample
        labelled = [labelled[index] for index in chosen]
    return Labels(tuple(labelled), _schema(schema, labelled), facts)


def count(text: str) -> int:
    """A whole number from 1 on, for ``argparse``."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _nothing_to_evaluate(cases: Path, form: LabelForm, tasks: Sequence[str]) -> UsageError:
    if form is LabelForm.CASES and tests_files_alone(cases):
        return UsageError(
            f"The cases of {cases} say how files open (tasks {' and '.join(FILE_TASKS)}), "
            "and no model is asked.",
            "'python -m docvlm read FILE --json' shows how a file is read, "
            "'python -m docvlm batch FOLDER --read' reads all of a folder.",
        )
    return UsageError(
        f"{cases} has no label that can be evaluated.",
        f"The tasks are {', '.join(tasks)}; see the README for the form of a line.",
    )


def _form(source: Path) -> LabelForm:
    """Of lines of JSON only Donut's have their own name; what is wrong with others is told line by line."""
    is_lines = source.suffix == ".jsonl" and source.name != METADATA and not source.is_dir()
    return LabelForm.CASES if is_lines else detect_form(source)


def _read(source: Path, form: LabelForm) -> tuple[LabelledDocument, ...]:
    if form is LabelForm.CASES:
        return read_cases(source, tell)
    settings = Settings.from_environment()
    with Readings.open(settings) as readings:
        options = ReadOptions(settings.home / "finetune" / PICTURES, find_words=words_under(readings))
        return read_labels_of(source, options, tell, form)


def _cut(document: LabelledDocument, tasks: Sequence[str]) -> LabelledDocument:
    return replace(
        document,
        fields=document.fields if "extract" in tasks else (),
        questions=document.questions if "qa" in tasks else (),
        transcripts=document.transcripts if "ocr" in tasks else (),
    )


def _schema(source: str | None, documents: Sequence[LabelledDocument]) -> Asked:
    if source is not None:
        return load_schema(source)
    if not any(document.fields for document in documents):
        return None
    schema = schema_of(documents)
    if len(schema.fields) <= MOST_COMMON_FIELDS:
        return schema
    return lambda document: schema_of([document]) if document.fields else None
