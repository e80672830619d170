"""Pages of labelled documents as picture files, for the forms that know nothing else."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from PIL import Image

from docvlm.errors import InputError
from docvlm.ingest import Document, WorkerPool, open_document
from docvlm.types import Page, PageStatus
from finetune.data.documents import LabelledDocument
from finetune.data.safe_files import picture_name

_KEPT_AS_THEY_ARE = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}
"""What every reader of such forms opens."""
_EXIF_ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A page as the bytes of a picture file.

    Attributes:
        number: of the page, from 1.
        name: what to call the file; other bytes have other names.
        width: in pixels of the page, in which the boxes of labels are given.
        height: likewise.
    """

    number: int
    name: str
    data: bytes
    width: int
    height: int


class PagePictures:
    """Makes pictures of documents; a context manager, because files are parsed in a process of its own."""

    def __init__(self) -> None:
        self._workers = WorkerPool(keep=1)

    def of(self, document: LabelledDocument) -> tuple[PagePicture, ...]:
        """The pages in order; a page that cannot be drawn is left out.

        An upright PNG, JPEG or WebP file is taken over byte for byte, everything else becomes PNG.

        Raises:
            InputError: when the file is gone or cannot be opened, or has no page that can be drawn.
        """
        path = file_of(document)
        with open_document(path, workers=self._workers) as opened:
            suffix = _kept_suffix(path, opened)
            if suffix is None:
                pictures = [
                    _drawn(path.stem, page) for page in opened.pages() if page.status is PageStatus.OK
                ]
            else:
                data = path.read_bytes()
                name = picture_name(path.stem, data, suffix)
                pictures = [PagePicture(1, name, data, page.width, page.height) for page in _measured(opened)]
        if not pictures:
            raise InputError(f"No page of '{document.name}' can be drawn.", "Leave the document out.")
        return tuple(pictures)

    def sizes(self, path: Path) -> dict[int, tuple[int, int]]:
        """Width and height of each page in pixels, by number; nothing where the file cannot be opened."""
        try:
            with open_document(path, workers=self._workers) as opened:
                return {page.number: (page.width, page.height) for page in _measured(opened)}
        except InputError:
            return {}

    def close(self) -> None:
        self._workers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def file_of(document: LabelledDocument) -> Path:
    """The document's file.

    Raises:
        InputError: when it has none, or it is gone.
    """
    if document.path is None or not document.path.is_file():
        raise InputError(
            f"The file of '{document.name}' is not there any more.",
            "Put it back where it was, or leave the document out.",
        )
    return document.path


def _measured(opened: Document) -> Iterator[Page]:
    return (page for page in opened.pages(images=False) if page.status is PageStatus.OK)


def _kept_suffix(path: Path, opened: Document) -> str | None:
    """The ending under which a picture file can stay as it is; None where it has to be drawn anew."""
    suffix = _KEPT_AS_THEY_ARE.get(opened.info.media_type)
    if suffix is None:
        return None
    try:
        with Image.open(path) as image:  # its header only; it was decoded in the worker process already
            turned = image.getexif().get(_EXIF_ORIENTATION, 1) != 1
    except (OSError, ValueError, SyntaxError, KeyError, EOFError, struct.error):
        return None
    return None if turned else suffix


def _drawn(stem: str, page: Page) -> PagePicture:
    # Made a picture file at once: the pixels of many pages would not fit into memory.
    assert page.image is not None  # noqa: S101 - pages that are OK were asked for with pixels
    file = io.BytesIO()
    Image.fromarray(page.image).save(file, format="PNG")
    data = file.getvalue()
    name = picture_name(f"{stem}-page-{page.number}", data, ".png")
    return PagePicture(page.number, name, data, page.width, page.height)
