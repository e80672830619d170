"""Labels that would teach mistakes: listed for the user, and left out of training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from docvlm.errors import InputError
from docvlm.schemas import FieldSpec, FieldType, Schema, normalise
from finetune.data.align import align_answer, align_field
from finetune.data.documents import FieldLabel, LabelledDocument, QuestionLabel, RowsLabel
from finetune.data.folding import fold_characters
from finetune.data.pages import LabelPage, label_pages
from finetune.data.readings import Readings


class ProblemKind(StrEnum):
    UNREADABLE = "unreadable"
    """The document's words cannot be had; none of its labels can be used."""
    EMPTY = "empty"
    WRONG_TYPE = "wrong-type"
    """The value is no date, amount, … although the field is one."""
    NOT_ON_PAGE = "not-on-page"
    CONTRADICTION = "contradiction"


@dataclass(frozen=True, slots=True)
class LabelProblem:
    """One label that cannot be used.

    Attributes:
        sha256: the document.
        label: the name of the field or the question; empty where the whole document is meant.
        sentence: for the user, with the document's name.
    """

    sha256: str
    kind: ProblemKind
    label: str
    sentence: str


def find_problems(
    documents: Sequence[LabelledDocument], readings: Readings, schema: Schema | None
) -> tuple[LabelProblem, ...]:
    """Every label that cannot be used, document by document.

    Args:
        schema: fields that it does not name are passed over; None where only questions are of interest.
    """
    found = [problem for document in documents for problem in _of_document(document, readings, schema)]
    return (*found, *_between_copies(documents))


def without_problems(
    documents: Iterable[LabelledDocument], problems: Iterable[LabelProblem]
) -> tuple[LabelledDocument, ...]:
    """The documents without the labels that have problems, and without those that nothing is left of."""
    refused = {(problem.sha256, problem.label) for problem in problems}
    kept = []
    for document in documents:
        if (document.sha256, "") in refused:
            continue
        fields = tuple(label for label in document.fields if (document.sha256, label.name) not in refused)
        questions = tuple(
            label for label in document.questions if (document.sha256, label.question) not in refused
        )
        if fields or questions or document.transcripts:
            kept.append(replace(document, fields=fields, questions=questions))
    return tuple(kept)


def _of_document(
    document: LabelledDocument, readings: Readings, schema: Schema | None
) -> Iterator[LabelProblem]:
    try:
        pages = label_pages(readings.of(document))
    except InputError as error:
        yield LabelProblem(document.sha256, ProblemKind.UNREADABLE, "", f"{document.name}: {error.message}")
        return
    yield from _contradictions(document)
    specs = {} if schema is None else {spec.name.casefold(): spec for spec in schema.fields}
    for label in document.fields:
        spec = specs.get(label.name.casefold())
        if isinstance(label, RowsLabel):
            yield from _of_rows(document, label, spec, pages)
        elif spec is not None and (wrong := _wrong_with(label, spec, pages)) is not None:
            kind, says = wrong
            yield _problem(document, kind, label.name, f"{label.name} {says}")
    for question in document.questions:
        yield from _of_question(document, question, pages)


def _problem(document: LabelledDocument, kind: ProblemKind, label: str, says: str) -> LabelProblem:
    return LabelProblem(document.sha256, kind, label, f"{document.name}: {says}.")


def _wrong_with(
    label: FieldLabel, spec: FieldSpec, pages: Sequence[LabelPage]
) -> tuple[ProblemKind, str] | None:
    """What is wrong with one value, in words that follow its name; None where nothing is."""
    if label.value is None:
        return None
    if not label.value.strip():
        return ProblemKind.EMPTY, "is empty; mark it as absent where the document does not have it"
    own = [page for page in pages if label.page in (None, page.number)]
    if any(align_field(label, spec, page.words, page.context) is not None for page in own):
        return None
    if spec.type is not FieldType.TEXT and not any(
        normalise(value, spec, page.context).value for value in label.accepted for page in pages
    ):
        return ProblemKind.WRONG_TYPE, f"'{label.value}' cannot be read as {_with_article(spec.type)}"
    where = "on any page" if label.page is None and len(pages) > 1 else "on the page"
    return ProblemKind.NOT_ON_PAGE, f"'{label.value}' is not found {where} as it was read"


def _of_rows(
    document: LabelledDocument, label: RowsLabel, spec: FieldSpec | None, pages: Sequence[LabelPage]
) -> Iterator[LabelProblem]:
    """One problem for a list, with its first cell that is wrong: rows are learnt together."""
    columns = {} if spec is None else {column.name.casefold(): column for column in spec.columns}
    for number, row in enumerate(label.rows, start=1):
        for cell in row:
            column = columns.get(cell.name.casefold())
            if column is not None and (wrong := _wrong_with(cell, column, pages)) is not None:
                kind, says = wrong
                yield _problem(document, kind, label.name, f"{label.name}, row {number}: {cell.name} {says}")
                return


def _of_question(
    document: LabelledDocument, label: QuestionLabel, pages: Sequence[LabelPage]
) -> Iterator[LabelProblem]:
    if not label.answers:
        return
    if not any(answer.strip() for answer in label.answers):
        says = f"the answer to '{label.question}' is empty"
        yield _problem(document, ProblemKind.EMPTY, label.question, says)
        return
    own = [page for page in pages if label.page in (None, page.number)]
    if not any(align_answer(label, page.words, page.context) is not None for page in own):
        says = f"no answer to '{label.question}' is found on the page as it was read"
        yield _problem(document, ProblemKind.NOT_ON_PAGE, label.question, says)


def _contradictions(document: LabelledDocument) -> Iterator[LabelProblem]:
    """Labels of one name within a document that have nothing in common."""
    for name, values in _values_by_name(document).items():
        if len(values) > 1 and not set.intersection(*values):
            says = f"{name} is labelled twice and differently"
            yield _problem(document, ProblemKind.CONTRADICTION, name, says)


def _between_copies(documents: Sequence[LabelledDocument]) -> Iterator[LabelProblem]:
    """Labels of one name that differ between two files with the same bytes."""
    first: dict[tuple[str, str], tuple[LabelledDocument, set[str]]] = {}
    for document in documents:
        for name, values in _values_by_name(document).items():
            known, before = first.setdefault((document.sha256, name), (document, values[0]))
            if known is not document and before.isdisjoint(values[0]):
                says = f"{name} differs from that of {known.name}, the same document"
                yield _problem(document, ProblemKind.CONTRADICTION, name, says)


def _values_by_name(document: LabelledDocument) -> dict[str, list[set[str]]]:
    """For each field and question the values of each of its labels, compared by letters and digits."""
    values: dict[str, list[set[str]]] = {}
    for label in document.fields:
        if isinstance(label, FieldLabel):
            values.setdefault(label.name, []).append(set(map(fold_characters, label.accepted)) or {"absent"})
    for question in document.questions:
        answers = set(map(fold_characters, question.answers)) or {"absent"}
        values.setdefault(question.question, []).append(answers)
    return values


def _with_article(kind: FieldType) -> str:
    word = "one of the choices" if kind is FieldType.ENUM else kind.value
    return word if kind is FieldType.ENUM else f"{'an' if word[0] in 'aeiou' else 'a'} {word}"
