"""The form of The Cauldron (arXiv 2405.02246, section 4.2): Parquet files with pictures and turns.

A row has ``images``, a list of ``{"bytes", "path"}``, and ``texts``, a list of
``{"user", "assistant", "source"}``. Rows with several pictures are documents of several pages.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, ImageOps

from docvlm.atomic import atomic_file
from docvlm.errors import InputError, LimitError
from finetune.data.collecting import LabelCollector
from finetune.data.documents import LabelledDocument
from finetune.data.json_lines import BrokenEntry, Report, each_entry
from finetune.data.page_pictures import PagePictures
from finetune.data.safe_files import make_folder, picture_name, picture_suffix, write_once
from finetune.data.split_files import split_of_file, split_sides
from finetune.data.turns import label_turns, turn_labels

SUFFIX = ".parquet"
ROW_GROUP_BYTES = 4 * 2**30
"""The most bytes that a group of rows may unpack to: more is no set of documents but a trap."""
MOST_PICTURES = 500
_ROWS_AT_ONCE = 4
_REASON_CHARACTERS = 200
_PICTURE_PIXELS = 50_000_000
_FORMATS = ("PNG", "JPEG", "MPO", "WEBP", "BMP", "GIF", "TIFF")

_IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_TURN = pa.struct([("user", pa.string()), ("assistant", pa.string()), ("source", pa.string())])
_SCHEMA = pa.schema([("images", pa.list_(_IMAGE)), ("texts", pa.list_(_TURN))])


def read_cauldron(source: Path, pictures: Path, report: Report | None = None) -> tuple[LabelledDocument, ...]:
    """The labelled documents of a Parquet file, or of all Parquet files in a folder.

    Args:
        pictures: a folder to which the pictures are written, once each, under names made here.
        report: called with one sentence for each row that cannot be used, which is then left out.

    Raises:
        InputError: when a file is no Parquet file of this form, or (without ``report``) for a broken row.
        UsageError: when the pictures cannot be written.
    """
    collector = LabelCollector()
    for path in sorted(source.glob(f"*{SUFFIX}")) if source.is_dir() else [source]:
        add = partial(_add_row, collector, pictures, split_of_file(path))
        each_entry(_rows(path), add, report)
    return collector.documents()


def write_cauldron(
    documents: Iterable[LabelledDocument], folder: Path, report: Report = lambda _line: None
) -> list[Path]:
    """Write a Parquet file for each side of the split into ``folder``, and return the files.

    Args:
        report: called with one sentence for each document that is left out because it cannot be opened.

    Raises:
        UsageError: when a file cannot be written there.
    """
    written = []
    with PagePictures() as pages:
        for side, own in split_sides(documents).items():
            path = make_folder(folder) / f"{side}{SUFFIX}"
            with atomic_file(path) as temporary, pq.ParquetWriter(temporary, _SCHEMA) as writer:
                _write_rows(writer, own, pages, report)
            written.append(path)
    return written


def _write_rows(
    writer: pq.ParquetWriter, documents: Iterable[LabelledDocument], pages: PagePictures, report: Report
) -> None:
    for document in documents:
        turns = [
            {"user": turn.user, "assistant": turn.assistant, "source": turn.source}
            for turn in label_turns(document)
        ]
        try:
            images = [{"bytes": page.data, "path": page.name} for page in pages.of(document)]
        except InputError as error:
            report(str(error))
            continue
        writer.write_table(pa.Table.from_pylist([{"images": images, "texts": turns}], _SCHEMA))


def _rows(path: Path) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Each row with its place, a few in memory at a time."""
    number = 0
    for batch in _batches(path):
        for index in range(batch.num_rows):
            number += 1
            yield f"Row {number} of {path}", batch.slice(index, 1)


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    try:
        with pq.ParquetFile(path) as file:
            _check_form(path, file)
            yield from file.iter_batches(_ROWS_AT_ONCE, columns=["images", "texts"])
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:  # damaged
        raise InputError(
            f"{path} cannot be read as Parquet: {_first_line(error)}.",
            "Check the path and the kind of file.",
        ) from error


def _first_line(error: Exception) -> str:
    line = next(iter(str(error).splitlines()), type(error).__name__)
    return line[:_REASON_CHARACTERS].rstrip(". ")


def _check_form(path: Path, file: pq.ParquetFile) -> None:
    if not {"images", "texts"} <= set(file.schema_arrow.names):
        raise InputError(
            f"{path} has no columns 'images' and 'texts'.", "Give a file in The Cauldron's form."
        )
    for index in range(file.metadata.num_row_groups):
        if file.metadata.row_group(index).total_byte_size > ROW_GROUP_BYTES:
            raise LimitError(f"{path} unpacks to too many bytes at once.", "Write it in smaller row groups.")


def _add_row(collector: LabelCollector, pictures: Path, split: str | None, row: pa.RecordBatch) -> None:
    try:
        (values,) = row.to_pylist()
    except ValueError as error:
        raise BrokenEntry("holds text that is not UTF-8.") from error
    images, texts = values["images"] or [], values["texts"]
    if not images:
        raise BrokenEntry("has no picture.")
    if not isinstance(images, list) or len(images) > MOST_PICTURES:
        raise BrokenEntry(f"has no list of up to {MOST_PICTURES} pictures.")
    if not isinstance(texts, list) or not all(isinstance(turn, dict) for turn in texts):
        raise BrokenEntry("has no list of turns.")
    labels = [label for turn in texts for label in turn_labels(turn)]
    path = _kept_pictures(images, pictures)
    collector.add(path, path.name, labels, split=split)


def _kept_pictures(images: Sequence[Any], folder: Path) -> Path:
    """The file of a row's pictures: the only one as it is, several as the pages of one TIFF."""
    files = [_bytes_of(image) for image in images]
    stem = next((Path(image["path"]).stem for image in images if image.get("path")), "page")
    if len(files) == 1:
        data, suffix = files[0]
    else:
        data, suffix = _as_pages([data for data, _ in files]), ".tif"
    return write_once(folder, picture_name(stem, data, suffix), data)


def _bytes_of(image: Any) -> tuple[bytes, str]:
    data = image.get("bytes") if isinstance(image, dict) else None
    if not isinstance(data, bytes):
        raise BrokenEntry("has a picture without its bytes.")
    return data, picture_suffix(data)


def _as_pages(pictures: Sequence[bytes]) -> bytes:
    """A TIFF with a page for each picture, without loss."""
    pages = []
    for data in pictures:
        try:
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                if image.width * image.height > _PICTURE_PIXELS:
                    raise BrokenEntry(f"has a picture of {image.width} × {image.height} pixels.")
                pages.append(ImageOps.exif_transpose(image).convert("RGB"))
        except (OSError, ValueError, SyntaxError) as error:
            raise BrokenEntry("has a damaged picture.") from error
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_deflate")
    return file.getvalue()
