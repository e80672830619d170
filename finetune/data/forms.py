"""The forms in which labels come and go, told apart by what a file holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from docvlm.errors import InputError, UsageError
from docvlm.types import Box
from finetune.data.cases import read_cases, write_cases
from finetune.data.cauldron import read_cauldron, write_cauldron
from finetune.data.documents import LabelledDocument
from finetune.data.donut import METADATA, read_donut, write_donut
from finetune.data.json_lines import Report
from finetune.data.label_studio import TASKS, FindWords, read_label_studio, write_label_studio
from finetune.data.safe_files import make_folder

CASES_FILE = "cases.jsonl"
_HEAD_BYTES = 1 << 20
_PARQUET = b"PAR1"


class LabelForm(StrEnum):
    """A form; the value is what it is called on the command line."""

    CASES = "cases"
    CAULDRON = "cauldron"
    DONUT = "donut"
    LABEL_STUDIO = "label-studio"


def _no_words(_path: Path, _page: int, _boxes: Sequence[Box]) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What reading needs for some of the forms.

    Attributes:
        pictures: a folder for pictures that lie inside a label file (The Cauldron's form).
        images: where the pictures of a Label Studio project lie; by default beside the file.
        predictions: take what a model predicted where nobody has annotated (Label Studio).
        find_words: finds the text of regions that nobody has typed (Label Studio).
    """

    pictures: Path
    images: Path | None = None
    predictions: bool = False
    find_words: FindWords = _no_words


def detect_form(source: Path) -> LabelForm:
    """The form of a file or folder.

    Raises:
        InputError: when it is not there, cannot be read or has none of the forms.
    """
    if source.is_dir():
        return _form_of_folder(source)
    try:
        with source.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise InputError(f"{source} cannot be read: {error.strerror}.", "Check the path.") from error
    if head.startswith(_PARQUET):
        return LabelForm.CAULDRON
    text = head.decode("utf-8-sig", errors="replace").lstrip()
    if text.startswith("["):
        return LabelForm.LABEL_STUDIO
    first = _first_object(text)
    if "file_name" in first:
        return LabelForm.DONUT
    if "data" in first and not first.keys().isdisjoint(("annotations", "predictions", "id")):
        return LabelForm.LABEL_STUDIO
    if "file" in first:
        return LabelForm.CASES
    raise InputError(
        f"{source} is no label file of a known form.",
        f"The forms are {', '.join(LabelForm)}; see the README.",
    )


def read_labels(
    source: Path, options: ReadOptions, report: Report, form: LabelForm | None = None
) -> tuple[LabelledDocument, ...]:
    """The labelled documents of a file or folder.

    Args:
        report: called with one sentence for each entry that cannot be used, which is then left out.
        form: where it is known; detected by default.

    Raises:
        InputError: when it cannot be read, or holds no label at all.
    """
    match form or detect_form(source):
        case LabelForm.CASES:
            documents = read_cases(source / CASES_FILE if source.is_dir() else source, report)
        case LabelForm.CAULDRON:
            documents = read_cauldron(source, options.pictures, report)
        case LabelForm.DONUT:
            documents = read_donut(source, report)
        case LabelForm.LABEL_STUDIO:
            documents = read_label_studio(
                source / TASKS if source.is_dir() else source,
                options.images,
                report,
                predictions=options.predictions,
                find_words=options.find_words,
            )
    if not documents:
        raise InputError(f"{source} has no label that can be used.", "Check that it is the right file.")
    return documents


def write_labels(
    documents: Iterable[LabelledDocument], form: LabelForm, out: Path, report: Report
) -> list[Path]:
    """Write documents in a form and return the label files written.

    Args:
        out: a folder; for ``cases`` also the name of a file that ends in ``.jsonl``.
        report: called with one sentence for each document or label that is left out.

    Raises:
        UsageError: when a file cannot be written there.
    """
    if out.is_file() and form is not LabelForm.CASES:
        raise UsageError(f"{out} is a file.", f"Give a folder; the form '{form}' has several files.")
    match form:
        case LabelForm.CASES:
            path = out if out.suffix == ".jsonl" else out / CASES_FILE
            make_folder(path.parent)
            write_cases(_with_files(documents, report), path)
            return [path]
        case LabelForm.CAULDRON:
            return write_cauldron(documents, out, report)
        case LabelForm.DONUT:
            return write_donut(documents, out, report)
        case LabelForm.LABEL_STUDIO:
            return write_label_studio(documents, out, report)


def _form_of_folder(folder: Path) -> LabelForm:
    for form, patterns in (
        (LabelForm.CASES, (CASES_FILE,)),
        (LabelForm.LABEL_STUDIO, (TASKS,)),
        (LabelForm.DONUT, (METADATA, f"*/{METADATA}")),
        (LabelForm.CAULDRON, ("*.parquet",)),
    ):
        if any(next(folder.glob(pattern), None) for pattern in patterns):
            return form
    raise InputError(
        f"The folder {folder} holds no labels of a known form.",
        "Give the label file, or the folder it is in.",
    )


def _first_object(text: str) -> dict[str, object]:
    """The JSON object with which a text begins; an empty one where there is none."""
    try:
        first, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return {}
    return first if isinstance(first, dict) else {}


def _with_files(documents: Iterable[LabelledDocument], report: Report) -> list[LabelledDocument]:
    kept = []
    for document in documents:
        if document.path is None:
            report(f"'{document.name}' is left out: its file is not there any more.")
        else:
            kept.append(document)
    return kept
