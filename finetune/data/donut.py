"""Donut's form (arXiv 2111.15664): ``metadata.jsonl`` beside pictures, one page a line.

``ground_truth`` is a JSON object in a string: ``{"gt_parse": {...}}`` with fields, or with one ``class`` or
``text_sequence``, or ``{"gt_parses": [{"question": ..., "answer": ...}, ...]}``, where a question that has
several right answers comes several times.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from docvlm.atomic import write_atomically
from docvlm.errors import InputError
from docvlm.prompts import NOT_FOUND
from finetune.data.case_lines import field_labels, named_once, plain_values
from finetune.data.collecting import LabelCollector
from finetune.data.documents import (
    DocumentLabel,
    FieldLabel,
    LabelledDocument,
    QuestionLabel,
    RowsLabel,
    TranscriptLabel,
)
from finetune.data.json_lines import BrokenEntry, Json, Report, each_line, parse_object
from finetune.data.page_pictures import PagePicture, PagePictures
from finetune.data.safe_files import file_inside, make_folder, write_once
from finetune.data.split_files import split_of_file, split_sides

METADATA = "metadata.jsonl"


def read_donut(source: Path, report: Report | None = None) -> tuple[LabelledDocument, ...]:
    """The labelled documents of a ``metadata.jsonl``, or of all of them in a folder and those right in it.

    Args:
        report: called with one sentence for each line that cannot be used, which is then left out.

    Raises:
        InputError: when a file cannot be read, or (without ``report``) for a broken line.
    """
    collector = LabelCollector()
    files = [source] if source.is_file() else sorted((*source.glob(METADATA), *source.glob(f"*/{METADATA}")))
    if not files:
        raise InputError(f"There is no {METADATA} in {source}.", "Give the folder of a set in Donut's form.")
    for path in files:
        each_line(path, partial(_add_line, collector, path.parent, split_of_file(path.parent)), report)
    return collector.documents()


def write_donut(
    documents: Iterable[LabelledDocument], folder: Path, report: Report = lambda _line: None
) -> list[Path]:
    """Write pictures and a ``metadata.jsonl`` for each side of the split, and return those files.

    Args:
        report: called with one sentence for each document, or labels of one, that the form cannot hold.

    Raises:
        UsageError: when a file cannot be written there.
    """
    written = []
    with PagePictures() as pages:
        for side, own in split_sides(documents).items():
            place = make_folder(folder / side if any(item.split for item in own) else folder)
            lines: list[Json] = []
            for document in own:
                try:
                    lines += _document_lines(document, pages.of(document), place, report)
                except InputError as error:
                    report(str(error))
            path = place / METADATA
            text = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
            write_atomically(path, text.encode())
            written.append(path)
    return written


def _add_line(collector: LabelCollector, folder: Path, split: str | None, line: Json) -> None:
    path = file_inside(folder, line.get("file_name"))
    truth = line.get("ground_truth")
    parsed = truth if isinstance(truth, dict) else parse_object(truth) if isinstance(truth, str) else None
    if parsed is None:
        raise BrokenEntry("has no 'ground_truth'.")
    labels, kind = _labels(parsed)
    collector.add(path, path.name, labels, kind, split)


def _labels(truth: Json) -> tuple[list[DocumentLabel], str]:
    """The labels of a page, and its kind where it says one."""
    match truth:
        case {"gt_parses": [*parses]}:
            return [*_question_labels(parses)], ""
        case {"gt_parse": {"class": str(kind), **rest}} if not rest:
            return [], kind
        case {"gt_parse": {"text_sequence": str(text), **rest}} if not rest:
            return [TranscriptLabel(text=text)], ""
        case {"gt_parse": dict(fields)}:
            return [*field_labels({name: _flat(value) for name, value in fields.items()})], ""
    raise BrokenEntry("has neither an object 'gt_parse' nor a list 'gt_parses' in 'ground_truth'.")


def _question_labels(parses: Sequence[Any]) -> Iterator[QuestionLabel]:
    answers: dict[str, list[str]] = {}
    for parse in parses:
        match parse:
            case {"question": str(question), "answer": str() | None as answer} if question.strip():
                own = answers.setdefault(question, [])
                if answer not in (None, NOT_FOUND):
                    own.append(answer)
            case _:
                raise BrokenEntry("has an entry without 'question' and 'answer' in 'gt_parses'.")
    return (QuestionLabel(question, tuple(own)) for question, own in answers.items())


def _flat(value: Any) -> Any:
    """A field without lists in the cells of its rows: what stands deeper becomes the text of its cell."""
    rows = value if isinstance(value, list) else [value]
    if not any(isinstance(row, dict) for row in rows):
        return value
    flat = [
        {name: _text(cell) for name, cell in row.items()} if isinstance(row, dict) else row for row in rows
    ]
    return flat if isinstance(value, list) else flat[0]


def _text(cell: Any) -> Any:
    match cell:
        case dict():
            return " ".join(str(_text(inner)) for inner in cell.values() if inner is not None)
        case list():
            return " ".join(str(_text(inner)) for inner in cell if inner is not None)
    return cell


def _document_lines(
    document: LabelledDocument, pages: Sequence[PagePicture], folder: Path, report: Report
) -> list[Json]:
    lines = []
    left = sum(1 for label in _all_labels(document) if not _has_place(label, pages))
    for page in pages:
        truths = [*_truths(document, [label for label in _all_labels(document) if _on(label, page, pages)])]
        if truths:
            write_once(folder, page.name, page.data)
        lines += [
            {"file_name": page.name, "ground_truth": json.dumps(truth, ensure_ascii=False)}
            for truth in truths
        ]
    if left:
        report(
            f"{left} of {len(_all_labels(document))} labels of '{document.name}' are left out: Donut's form "
            "knows single pages and texts in order; these do not say their page, or are words without order."
        )
    return lines


def _all_labels(document: LabelledDocument) -> tuple[DocumentLabel, ...]:
    return (*document.fields, *document.questions, *document.transcripts)


def _has_place(label: DocumentLabel, pages: Sequence[PagePicture]) -> bool:
    return any(_on(label, page, pages) for page in pages)


def _on(label: DocumentLabel, page: PagePicture, pages: Sequence[PagePicture]) -> bool:
    if isinstance(label, TranscriptLabel) and label.text is None:
        return False
    numbers = (
        {cell.page for row in label.rows for cell in row} if isinstance(label, RowsLabel) else {label.page}
    )
    known = numbers - {None}
    return known == {page.number} if known else len(pages) == 1


def _truths(document: LabelledDocument, labels: Sequence[DocumentLabel]) -> Iterator[Json]:
    """What a page's lines hold, one line for each task."""
    for once in named_once(label for label in labels if isinstance(label, FieldLabel | RowsLabel)):
        yield {"gt_parse": plain_values(once)}
    questions = [label for label in labels if isinstance(label, QuestionLabel)]
    if questions:
        yield {
            "gt_parses": [
                {"question": label.question, "answer": answer}
                for label in questions
                for answer in label.answers or (NOT_FOUND,)
            ]
        }
    for label in labels:
        if isinstance(label, TranscriptLabel):
            yield {"gt_parse": {"text_sequence": label.text}}
    if document.kind:
        yield {"gt_parse": {"class": document.kind}}
