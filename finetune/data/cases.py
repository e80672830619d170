"""Label files in lines of JSON, ``cases.jsonl``: one question, extraction or transcript of a file a line.

    {"file": "a.jpg", "task": "extract", "fields": {"total": "9.00", "items": [{"name": "Tea"}]}}
    {"file": "a.jpg", "task": "qa", "question": "What was bought?", "answers": ["Tea"]}
    {"file": "a.jpg", "task": "ocr", "text": "TEA 9.00"}

``file`` is relative to the label file. ``page``, ``boxes`` (``[x0, y0, x1, y1]`` in pixels, one a line of
evidence), ``kind`` (or ``layout``) and ``split`` may be given, and a field's value may be an object with
``value``, ``alternatives``, ``page`` and ``boxes``. A value of null means that the document does not have
the field. Other tasks are passed over: ``page_fact``, and ``image`` and ``pdf``, which say how a file opens.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from docvlm.atomic import write_atomically
from docvlm.errors import InputError
from finetune.data.case_lines import label_lines, line_labels
from finetune.data.collecting import LabelCollector
from finetune.data.documents import LabelledDocument
from finetune.data.json_lines import Json, Report, each_line, labelled_file
from finetune.data.side_boxes import with_side_boxes

FILE_TASKS = ("image", "pdf")


def read_cases(
    path: Path, report: Report | None = None, *, side_boxes: bool = True
) -> tuple[LabelledDocument, ...]:
    """The labelled documents of a file, all lines about one document merged, in order of first sight.

    Args:
        report: called with one sentence for each line that cannot be used, which is then left out;
            without it the first such line ends the reading.
        side_boxes: fill in boxes from files beside the images (see ``finetune.data.side_boxes``).

    Raises:
        InputError: when the file cannot be read, or (without ``report``) for a broken line or a missing
            document, with the number of the line.
    """
    collector = LabelCollector()
    each_line(path, lambda line: _add_line(collector, path.parent, line), report)
    documents = collector.documents()
    return with_side_boxes(documents) if side_boxes else documents


def tests_files_alone(path: Path) -> bool:
    """Whether a file has lines and all of them are about opening files, which takes no model.

    Raises:
        InputError: when the file cannot be read.
    """
    tasks: set[object] = set()
    each_line(path, lambda line: tasks.add(str(line.get("task"))), lambda _broken: None)
    return bool(tasks) and tasks <= set(FILE_TASKS)


def write_cases(documents: Iterable[LabelledDocument], path: Path) -> None:
    """Write documents so that ``read_cases`` gives the same ones again, boxes to a tenth of a pixel.

    Raises:
        InputError: for a document without a file.
        UsageError: when the file cannot be written there.
    """
    folder = path.absolute().parent
    lines = [json.dumps(line, ensure_ascii=False) for item in documents for line in _lines_of(item, folder)]
    write_atomically(path, "".join(f"{line}\n" for line in lines).encode())


def _add_line(collector: LabelCollector, folder: Path, line: Json) -> None:
    labels = line_labels(line)
    if labels is None:
        return
    path = labelled_file(folder, line.get("file"))
    kind = str(line.get("kind") or line.get("layout") or "")
    collector.add(path, line["file"], labels, kind, line.get("split"))


def _lines_of(document: LabelledDocument, folder: Path) -> Iterator[Json]:
    if document.path is None:
        raise InputError(
            f"'{document.name}' has no file that a label file could name.",
            "Export it in a form that carries the pages.",
        )
    head: Json = {"file": _relative(document.path, folder)}
    tail: Json = {key: value for key, value in (("kind", document.kind), ("split", document.split)) if value}
    for line in label_lines(document):
        yield {**head, **line, **tail}


def _relative(path: Path, folder: Path) -> str:
    try:
        return path.relative_to(folder).as_posix()
    except ValueError:
        return str(path)
