"""What a run learns and what it is judged on: fixed when the run begins, so that it can go on exactly.

Labels may change and files may go while a run is stopped; what was chosen at its start stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from pydantic import TypeAdapter

from docvlm.atomic import write_atomically
from docvlm.config import Settings
from docvlm.errors import InputError
from docvlm.schemas import Schema, load_schema
from docvlm.store import Store
from finetune.data.documents import LabelledDocument
from finetune.data.duplicates import duplicate_groups, one_of_each
from finetune.data.forms import ReadOptions, read_labels
from finetune.data.mixed_up import labels_lost, labels_with_a_value, refuse_mixed_up
from finetune.data.problems import find_problems, without_problems
from finetune.data.readings import Readings
from finetune.data.schema import MOST_COMMON_FIELDS, checked_schema, schema_of
from finetune.data.split import split_documents
from finetune.data.store_labels import labelled_documents
from finetune.data.words_under import words_under
from finetune.evaluation.evaluate import Asked
from finetune.promotion import FEWEST_DOCUMENTS
from finetune.runner.copied_pages import (
    is_asked_about,
    is_copied_alone,
    nothing_to_learn,
    sees_pixels,
    told_of_left_out,
)
from finetune.runner.on_the_way import on_the_way
from finetune.runner.request import RunRequest
from finetune.training.events import Emit, Progressed, Warned

LESSON_FILE = "lesson.json"
PICTURES = "pictures"
"""The folder inside a run's own for pictures that lie inside a label file."""

MOST_PROBLEMS_TOLD = 20
MOST_HELD_OUT = 60
"""More tell hardly more, and each is asked about twice."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """The documents of a run.

    Attributes:
        train: learnt from; labels that would teach mistakes are out. Where the base sees pixels, those of
            which transcripts alone are labelled are among them, and among no others.
        validation: tell when to stop early; empty where nothing is measured on the way.
        held_out: base and adapter are compared on these in the end; nothing is learnt from or chosen by them.
        schema_json: the fields that are learnt; None where only questions are labelled.
        problems: one sentence for each label that is not learnt.
        lines_only: documents whose checked lines are remembered; nothing else of them is labelled.
        watched: those held back that are asked about on the way as well, only to be seen.
        not_on_the_way: one sentence why nothing is measured on the way; empty where it is, or was not wanted.
    """

    train: tuple[LabelledDocument, ...]
    validation: tuple[LabelledDocument, ...]
    held_out: tuple[LabelledDocument, ...]
    schema_json: str | None
    problems: tuple[str, ...]
    not_on_the_way: str = ""
    lines_only: tuple[LabelledDocument, ...] = ()
    watched: tuple[LabelledDocument, ...] = ()

    @property
    def schema(self) -> Schema | None:
        return None if self.schema_json is None else load_schema(self.schema_json)

    @property
    def asked(self) -> Asked:
        """What is asked of the documents held back, as training asks it."""
        schema = self.schema
        if schema is None or len(schema.fields) <= MOST_COMMON_FIELDS:
            return schema
        return lambda document: _own_fields(schema, document)

    @property
    def data_hash(self) -> str:
        """A short hash of the documents learnt from and their labels, wherever their files lie."""
        documents = [replace(document, path=None) for document in self.train]
        return hashlib.sha256(_DOCUMENTS.dump_json(documents)).hexdigest()[:16]


_LESSON = TypeAdapter(Lesson)
_DOCUMENTS = TypeAdapter(list[LabelledDocument])


def documents_held_out(total: int) -> int:
    """A quarter of the documents, or as many as a win needs, but never more than half of them."""
    return min(max(FEWEST_DOCUMENTS, round(total / 4)), total // 2, MOST_HELD_OUT)


def load_lesson(folder: Path) -> Lesson | None:
    """The lesson of a run that has begun, else None."""
    file = folder / LESSON_FILE
    return _LESSON.validate_json(file.read_bytes()) if file.is_file() else None


def make_lesson(
    request: RunRequest, folder: Path, settings: Settings, readings: Readings, emit: Emit
) -> Lesson:
    """Choose documents, read them, hold some back, leave bad labels out; kept in the run's folder.

    Args:
        emit: told of the documents as they are read, and of what is left out.

    Raises:
        InputError: when the labels cannot be read, nothing can be learnt from them, or most of them stand on
            no page.
    """
    labelled = _labelled(request, folder, settings, readings, emit)
    chosen = _readable(_chosen(labelled, request), readings, emit)
    if not chosen:
        raise nothing_to_learn(labelled, request.settings.base_model)
    documents = [document for document in chosen if is_asked_about(document)]
    groups = duplicate_groups(chosen, readings)
    seed = request.settings.seed
    held_out, left, copies = _held_out(documents, groups, request)
    has_fields = any(document.fields for document in documents)
    aside = on_the_way(len(documents), len(left), has_fields, request.settings)
    further = split_documents(left, groups, aside.documents, seed + 1)
    judged_on = (*held_out, *further.held_out)
    copied = [document for document in chosen if is_copied_alone(document)]
    train = (*further.train, *_without_copies(copied, judged_on, groups))
    schema = _schema(request, documents, train, readings)
    problems = find_problems(train, readings, schema)
    lesson = Lesson(
        train=without_problems(train, problems),
        validation=further.held_out,
        held_out=held_out,
        schema_json=None if schema is None else RunRequest.schema_text(schema),
        problems=(*(problem.sentence for problem in problems), *copies),
        not_on_the_way=aside.why_not,
        lines_only=_with_lines_only(labelled, request, judged_on, readings),
        watched=held_out[: aside.watched],
    )
    left_out = told_of_left_out(labelled, request.settings.base_model) if request.cases is not None else ""
    for line in (*_told(lesson.problems), *filter(None, [aside.why_not, left_out])):
        emit(Warned(line))
    values = sum(labels_with_a_value(document, schema) for document in train)
    refuse_mixed_up(labels_lost(problems), values, request.settings.lost_share)
    write_atomically(folder / LESSON_FILE, _LESSON.dump_json(lesson, indent=1))
    return lesson


def _labelled(
    request: RunRequest, folder: Path, settings: Settings, readings: Readings, emit: Emit
) -> tuple[LabelledDocument, ...]:
    if request.cases is not None:
        options = ReadOptions(folder / PICTURES, find_words=words_under(readings))
        return read_labels(request.cases, options, lambda line: emit(Warned(line)))
    settings.prepare_home()
    store = Store.open(settings.database_url)
    try:
        return labelled_documents(store)
    finally:
        store.close()


def _chosen(documents: Sequence[LabelledDocument], request: RunRequest) -> list[LabelledDocument]:
    """Those with something to learn that are asked for; a sample of them where there is a limit."""
    wanted = set(request.documents)
    copied = sees_pixels(request.settings.base_model)
    chosen = [
        document
        for document in documents
        if (is_asked_about(document) or (copied and is_copied_alone(document)))
        and (not wanted or document.sha256 in wanted)
    ]
    if request.limit is None or request.limit >= len(chosen):
        return chosen
    sample = Random(request.settings.seed).sample(range(len(chosen)), request.limit)  # noqa: S311 - a sample
    return [chosen[index] for index in sorted(sample)]


def _with_lines_only(
    labelled: Sequence[LabelledDocument],
    request: RunRequest,
    judged_on: Sequence[LabelledDocument],
    readings: Readings,
) -> tuple[LabelledDocument, ...]:
    """Those of which lines alone were checked in docvlm, without copies of what the adapter is judged on."""
    if request.cases is not None:
        return ()  # a file may hold thousands of transcripts, each to be read to be compared
    found = [
        document
        for document in labelled
        if (document.lines or document.transcripts)
        and not is_asked_about(document)
        and not (sees_pixels(request.settings.base_model) and is_copied_alone(document))
        and (not request.documents or document.sha256 in request.documents)
    ]
    if not found:
        return ()
    groups = duplicate_groups([*judged_on, *found], readings)
    return _without_copies(found, judged_on, groups)


def _without_copies(
    documents: Sequence[LabelledDocument],
    judged_on: Sequence[LabelledDocument],
    groups: Sequence[Sequence[str]],
) -> tuple[LabelledDocument, ...]:
    """The documents without copies of what the adapter is judged on."""
    judged = {document.sha256 for document in judged_on}
    copies = {sha256 for group in groups if not judged.isdisjoint(group) for sha256 in group}
    return tuple(document for document in documents if document.sha256 not in copies)


def _readable(
    documents: Sequence[LabelledDocument], readings: Readings, emit: Emit
) -> list[LabelledDocument]:
    """The documents with words, each read once; the others are told."""
    readable = []
    for number, document in enumerate(documents):
        emit(Progressed("Reading the documents", number, len(documents)))
        try:
            readings.of(document)
            readable.append(document)
        except InputError as error:
            emit(Warned(f"{error} It is left out."))
    emit(Progressed("Reading the documents", len(documents), len(documents)))
    return readable


def _held_out(
    documents: Sequence[LabelledDocument], groups: Sequence[Sequence[str]], request: RunRequest
) -> tuple[tuple[LabelledDocument, ...], tuple[LabelledDocument, ...], list[str]]:
    """Those to compare on, those that are left, and a sentence for each that is neither.

    Of documents that are the same one alone is compared on, and none of them is left to learn from.
    """
    apart = one_of_each(documents, groups)
    wanted = documents_held_out(len(apart)) if request.held_out is None else request.held_out
    held_out = split_documents(apart, (), wanted, request.settings.seed).held_out
    held = {document.sha256 for document in held_out}
    copied = {sha256 for group in groups if not held.isdisjoint(group) for sha256 in group} - held
    left = tuple(document for document in documents if document.sha256 not in held | copied)
    copies = [document.name for document in documents if document.sha256 in copied]
    return (
        held_out,
        left,
        [f"{name}: it is a copy of one that is held back, and left out." for name in copies],
    )


def _schema(
    request: RunRequest,
    documents: Sequence[LabelledDocument],
    train: Sequence[LabelledDocument],
    readings: Readings,
) -> Schema | None:
    """The fields asked for, or those labelled; their types are checked on the documents learnt from."""
    if request.schema is not None:
        return request.schema
    if not any(document.fields for document in documents):
        return None
    return checked_schema(schema_of(documents), train, readings)


def _own_fields(schema: Schema, document: LabelledDocument) -> Schema | None:
    names = {label.name.casefold() for label in document.fields}
    fields = tuple(spec for spec in schema.fields if spec.name.casefold() in names)
    return replace(schema, fields=fields, checks=()) if fields else None


def _told(problems: Sequence[str]) -> Iterator[str]:
    yield from problems[:MOST_PROBLEMS_TOLD]
    if len(problems) > MOST_PROBLEMS_TOLD:
        yield f"{len(problems) - MOST_PROBLEMS_TOLD} more labels cannot be learnt; {LESSON_FILE} lists all."
