"""Label Studio's JSON: a list of tasks, each with its ``data`` and ``annotations`` or ``predictions``.

Pictures are named by what Label Studio serves them under (``/data/local-files/?d=…``, ``/data/upload/1/…``,
a web address); they are looked for in a folder, nothing is fetched. What regions cannot hold (questions,
transcripts, fields that a document lacks) travels in ``data``, which Label Studio hands back as it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import quoteattr

from docvlm.atomic import write_atomically
from docvlm.errors import InputError
from docvlm.types import Box
from finetune.data.case_lines import label_lines, line_labels
from finetune.data.collecting import LabelCollector
from finetune.data.documents import DocumentLabel, LabelledDocument
from finetune.data.json_lines import BrokenEntry, Json, Report, each_entry, read_text
from finetune.data.label_studio_regions import (
    FIELD_CONTROL,
    TEXT_CONTROL,
    TO_NAME,
    TYPED_CONTROL,
    WordsAt,
    absent_labels,
    field_results,
    region_labels,
)
from finetune.data.page_pictures import PagePicture, PagePictures, file_of
from finetune.data.safe_files import file_inside, make_folder, picture_name, write_once

TASKS = "tasks.json"
CONFIG = "label_config.xml"
_PAGES, _DOCUMENTS = "pages", "documents"
_LOCAL_FILES = "/data/local-files/"
_FILE = re.compile(r"\.(png|jpe?g|webp|bmp|gif|tiff?|pdf)\Z", re.IGNORECASE)
_USUAL_KEYS = frozenset({"image", "images", "pages", "ocr", "pdf", "img"})
_UPLOAD_MARK = re.compile(r"\A[0-9a-f]{8}-")

FindWords = Callable[[Path, int, Sequence[Box]], str | None]
"""The words in boxes of a file's page, for regions whose text nobody typed."""


def read_label_studio(
    path: Path,
    folder: Path | None = None,
    report: Report | None = None,
    *,
    predictions: bool = False,
    find_words: FindWords = lambda _path, _page, _boxes: None,
) -> tuple[LabelledDocument, ...]:
    """The documents of an export or of tasks to import; a task nobody has annotated gives none.

    Of several annotations of a task the ground truth is taken, else the one changed last.

    Args:
        folder: where the pictures lie; by default the folder of the file.
        report: called with one sentence for each task, or region, that cannot be used.
        predictions: take what a model has predicted where nobody has annotated.

    Raises:
        InputError: when the file cannot be read, nothing in it is annotated, or (without ``report``) for a
            broken task.
    """
    collector = LabelCollector()
    with PagePictures() as pages:
        reader = _TaskReader(collector, folder or path.parent, pages, predictions, find_words, report)
        tasks = _tasks(path)
        places = (f"Task {number} of {path}" for number in range(1, len(tasks) + 1))
        each_entry(zip(places, tasks, strict=True), reader.add, report)
    if reader.waiting == len(tasks):
        raise InputError(
            f"No task of {path} is annotated.", "Annotate some, or take the predictions instead."
        )
    return collector.documents()


def write_label_studio(
    documents: Iterable[LabelledDocument], folder: Path, report: Report = lambda _line: None
) -> list[Path]:
    """Write tasks, their pages as pictures and a labelling configuration; return tasks and configuration.

    Label Studio finds the pictures when ``folder`` is its local files' document root. Of a value only the
    first form is kept, not the alternatives.

    Args:
        report: called with one sentence for each document that is left out because it cannot be opened.

    Raises:
        UsageError: when a file cannot be written there.
    """
    tasks: list[Json] = []
    make_folder(folder)
    with PagePictures() as pages:
        for document in documents:
            try:
                pictures = pages.of(document)
            except InputError as error:
                report(str(error))
                continue
            tasks.append(_task(document, pictures, folder))
    names = dict.fromkeys(name for task in tasks for name in _field_names(task))
    written = [folder / TASKS, folder / CONFIG]
    write_atomically(written[0], json.dumps(tasks, ensure_ascii=False, indent=1).encode())
    write_atomically(written[1], _config(names).encode())
    return written


class _TaskReader:
    """Adds tasks to a collector; ``waiting`` counts those that nobody has annotated."""

    def __init__(
        self,
        collector: LabelCollector,
        folder: Path,
        pages: PagePictures,
        predictions: bool,
        find_words: FindWords,
        report: Report | None,
    ) -> None:
        self._collector = collector
        self._folder = folder
        self._pages = pages
        self._predictions = predictions
        self._find_words = find_words
        self._report = report or (lambda _line: None)
        self.waiting = 0

    def add(self, task: Any) -> None:
        """Add one task's labels.

        Raises:
            BrokenEntry: when it has another form, or names a file that is not there.
        """
        data = task.get("data") if isinstance(task, dict) else None
        if not isinstance(data, dict):
            raise BrokenEntry("has no object 'data'; export as JSON, not as JSON-MIN.")
        results = _results(task, self._predictions)
        if results is None:
            self.waiting += 1
            return
        for path, own in self._by_file(data, results):
            sizes = self._pages.sizes(path) if any(isinstance(result, dict) for result in own) else {}
            labels, kind, untold = region_labels(own, sizes, self._words_at(path))
            for field in untold:
                self._report(f"{path.name}: a region of '{field}' has no text and is left out.")
            labels = absent_labels(data.get("absent", []), [*labels, *_kept_labels(data)])
            name, split = (_text(data.get(key)) for key in ("name", "split"))
            self._collector.add(path, name or path.name, labels, _text(data.get("kind")) or kind, split)

    def _words_at(self, path: Path) -> WordsAt:
        return lambda page, boxes: self._find_words(path, page, boxes)

    def _by_file(self, data: Json, results: Sequence[Any]) -> Iterator[tuple[Path, list[Any]]]:
        """The task's file with its results, or each of its pictures with those that are its own."""
        if "document" in data:
            yield file_inside(self._folder, data["document"]), [*results]
            return
        names = [*_file_names(data)]
        if not names:
            raise BrokenEntry("names no picture in 'data'.")
        paths = [_resolved(self._folder, name) for name in names]
        if len(paths) == 1:
            yield paths[0], [*results]
            return
        for index, path in enumerate(paths):
            own = [result for result in results if isinstance(result, dict)]
            own = [result for result in own if result.get("item_index", 0) == index]
            yield path, [{**result, "item_index": 0} for result in own]


def _tasks(path: Path) -> list[Any]:
    try:
        tasks = json.loads(read_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(
            f"{path} is not valid JSON.", "Export the project from Label Studio again."
        ) from error
    tasks = tasks if isinstance(tasks, list) else [tasks]
    if not tasks:
        raise InputError(f"{path} has no tasks.", "Export a project that has some.")
    return tasks


def _results(task: Json, predictions: bool) -> list[Any] | None:
    """What was annotated last, or predicted; None where there is nothing to be used."""
    for key, chosen in (("annotations", True), ("completions", True), ("predictions", predictions)):
        entries = task.get(key) if chosen else None
        done = [
            entry
            for entry in (entries if isinstance(entries, list) else [])
            if isinstance(entry, dict)
            and isinstance(entry.get("result"), list)
            and not entry.get("was_cancelled")
        ]
        if done:
            best = max(done, key=lambda entry: (bool(entry.get("ground_truth")), _changed(entry)))
            return [*best["result"]]
    return None


def _changed(entry: Json) -> str:
    return str(entry.get("updated_at") or entry.get("created_at") or "")


def _file_names(data: Json) -> Iterator[str]:
    """What in a task's data names pictures: the first value that does, usual names first."""
    for key in sorted(data, key=lambda key: key not in _USUAL_KEYS):
        value = data[key]
        names = [name for name in (value if isinstance(value, list) else [value]) if isinstance(name, str)]
        named = [name for name in names if _FILE.search(_served_path(name))]
        if named:
            yield from named
            return


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _served_path(address: str) -> str:
    """The path in an address, or in its query where local files are served."""
    try:
        parts = urlsplit(address)
        if parts.path.endswith(_LOCAL_FILES) or parts.path.endswith(_LOCAL_FILES.rstrip("/")):
            return parse_qs(parts.query).get("d", [""])[0]
        return unquote(parts.path)
    except ValueError:
        return ""


def _resolved(folder: Path, address: str) -> Path:
    """The file in ``folder`` that an address means: as much of its path as is there, from the end.

    Label Studio puts eight hex digits before the name of an uploaded file; the file may have them or not.
    """
    parts = [part for part in re.split(r"[/\\]", _served_path(address)) if part not in ("", ".", "..")]
    for name in dict.fromkeys((parts[-1], _UPLOAD_MARK.sub("", parts[-1]))) if parts else ():
        for start in range(len(parts)):
            try:
                return file_inside(folder, "/".join([*parts[start:-1], name]))
            except BrokenEntry:
                continue
    raise BrokenEntry(f"names {address[:120]!r}, which is not in {folder}.")


def _kept_labels(data: Json) -> list[DocumentLabel]:
    """Questions and transcripts, which are kept as lines of a label file."""
    lines = data.get("docvlm") or []
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise BrokenEntry("has no list of objects in 'docvlm'.")
    return [label for line in lines for label in line_labels(line) or ()]


def _task(document: LabelledDocument, pictures: Sequence[PagePicture], folder: Path) -> Json:
    for picture in pictures:
        write_once(folder / _PAGES, picture.name, picture.data)
    sizes = {picture.number: (picture.width, picture.height) for picture in pictures}
    results, absent = field_results(document.fields, sizes)
    data: Json = {
        "pages": [f"{_LOCAL_FILES}?d={quote(f'{_PAGES}/{picture.name}')}" for picture in pictures],
        "name": document.name,
    }
    bytes_of_file = file_of(document).read_bytes()
    if bytes_of_file != pictures[0].data:
        source = file_of(document)
        name = picture_name(source.stem, bytes_of_file, source.suffix)
        write_once(folder / _DOCUMENTS, name, bytes_of_file)
        data["document"] = f"{_DOCUMENTS}/{name}"
    lines = [line for line in label_lines(document) if line["task"] != "extract"]
    extra = {"kind": document.kind, "split": document.split, "absent": absent, "docvlm": lines}
    data |= {key: value for key, value in extra.items() if value}
    return {"data": data, "annotations": [{"result": results}]}


def _field_names(task: Json) -> Iterator[tuple[str, bool]]:
    """The names of fields in a task's results, and whether they were drawn."""
    for result in task["annotations"][0]["result"]:
        if result["type"] == "rectanglelabels":
            yield result["value"]["rectanglelabels"][0], True
        elif result["from_name"] != TEXT_CONTROL:
            yield result["from_name"].removeprefix(TYPED_CONTROL), False


def _config(names: Iterable[tuple[str, bool]]) -> str:
    """The labelling interface for the tasks: rectangles with texts, and texts for what nobody has drawn."""
    named = [*names]
    drawn = "".join(f"\n    <Label value={quoteattr(name)}/>" for name in dict.fromkeys(n for n, _ in named))
    typed = "".join(_text_area(name) for name, is_drawn in named if not is_drawn)
    return (
        f'<View>\n  <Image name="{TO_NAME}" valueList="$pages"/>\n'
        f'  <RectangleLabels name="{FIELD_CONTROL}" toName="{TO_NAME}">{drawn}\n  </RectangleLabels>\n'
        f'  <TextArea name="{TEXT_CONTROL}" toName="{TO_NAME}" perRegion="true" editable="true"/>{typed}\n'
        "</View>\n"
    )


def _text_area(name: str) -> str:
    control = quoteattr(TYPED_CONTROL + name)
    return f'\n  <Header value={quoteattr(name)}/>\n  <TextArea name={control} toName="{TO_NAME}"/>'
