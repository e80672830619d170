"""Label files in lines of JSON, ``cases.jsonl``: one question, extraction or transcript of a file a line.

    {"file": "a.jpg", "task": "extract", "fields": {"total": "9.00", "items": [{"name": "Tea"}]}}
    {"file": "a.jpg", "task": "qa", "question": "What was bought?", "answers": ["Tea"]}
    {"file": "a.jpg", "task": "ocr", "text": "TEA 9.00"}

``file`` is relative to the label file. ``page``, ``boxes`` (``[x0, y0, x1, y1]`` in pixels, one a line of
evidence), ``kind`` (or ``layout``) and ``split`` may be given, and a field's value may be an object with
``value``, ``alternatives``, ``page`` and ``boxes``. A value of null means that the document does not have
the field. Other tasks (``page_fact``, ``image``, ``pdf``) are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from docvlm.errors import InputError
from docvlm.export import write_atomically
from finetune.data.case_lines import label_lines, line_labels
from finetune.data.documents import FieldLabel, LabelledDocument, QuestionLabel, RowsLabel, TranscriptLabel
from finetune.data.json_lines import Json, Report, content_hash, each_line, labelled_file
from finetune.data.side_boxes import with_side_boxes


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
    collected: dict[Path, _Collected] = {}
    each_line(path, lambda line: _add_line(collected, path.parent, line), report)
    documents = tuple(item.document() for item in collected.values())
    return with_side_boxes(documents) if side_boxes else documents


def write_cases(documents: Iterable[LabelledDocument], path: Path) -> None:
    """Write documents so that ``read_cases`` gives the same ones again, boxes to a tenth of a pixel.

    Raises:
        InputError: for a document without a file.
        UsageError: when the file cannot be written there.
    """
    folder = path.absolute().parent
    lines = [json.dumps(line, ensure_ascii=False) for item in documents for line in _lines_of(item, folder)]
    write_atomically(path, "".join(f"{line}\n" for line in lines).encode())


@dataclass(slots=True)
class _Collected:
    """A document whose lines are still being read."""

    path: Path
    name: str
    kind: str = ""
    split: str | None = None
    fields: list[FieldLabel | RowsLabel] = field(default_factory=list)
    questions: list[QuestionLabel] = field(default_factory=list)
    transcripts: list[TranscriptLabel] = field(default_factory=list)

    def document(self) -> LabelledDocument:
        return LabelledDocument(
            sha256=content_hash(self.path),
            name=self.name,
            path=self.path,
            kind=self.kind,
            fields=tuple(dict.fromkeys(self.fields)),
            questions=tuple(dict.fromkeys(self.questions)),
            transcripts=tuple(dict.fromkeys(self.transcripts)),
            split=self.split,
        )


def _add_line(collected: dict[Path, _Collected], folder: Path, line: Json) -> None:
    labels = line_labels(line)
    if labels is None:
        return
    path = labelled_file(folder, line.get("file"))
    item = collected.setdefault(path, _Collected(path, line["file"]))
    item.kind = item.kind or str(line.get("kind") or line.get("layout") or "")
    item.split = item.split or line.get("split")
    for label in labels:
        match label:
            case QuestionLabel():
                item.questions.append(label)
            case TranscriptLabel():
                item.transcripts.append(label)
            case _:
                item.fields.append(label)


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
