"""A document that is open: who it is, and its pages one after the other."""

from __future__ import annotations

import hashlib
import os
import stat
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np

from docvlm.config import Limits
from docvlm.errors import ChangedError, InputError, LimitError, PasswordError, UsageError
from docvlm.ingest.file_type import HEAD_BYTES, FileType, detect_file_type
from docvlm.ingest.messages import (
    POPPLER_STEPS,
    Opened,
    OpenRequest,
    PageReply,
    PagesRequest,
    PopplerRequest,
    Refused,
)
from docvlm.ingest.page_range import check_page_numbers
from docvlm.ingest.worker_pool import WorkerPool
from docvlm.ingest.worker_process import WorkerLost, WorkerProcess
from docvlm.types import DocumentInfo, Page, PageStatus

_DPI_RANGE = (10, 1200)
_SNAPSHOT_BYTES = 32 * 2**20
"""Files up to this size are read once, so that what is parsed is what was hashed, even while they change."""


@dataclass(frozen=True, slots=True)
class _File:
    """What is to be opened: ``data`` in memory, or a file on disk in one ``version``."""

    info: DocumentInfo
    data: bytes | None
    version: tuple[int, int, int] | None = None


def open_document(
    source: str | Path | bytes,
    *,
    name: str | None = None,
    password: str | None = None,
    limits: Limits | None = None,
    dpi: float | None = None,
    workers: WorkerPool | None = None,
) -> Document:
    """Open a PDF or an image.

    Args:
        source: a path, or the bytes of a file (a pasted screenshot, an upload).
        name: what to call it; by default the file's name.
        password: for an encrypted PDF.
        limits: what the file may cost; by default ``Limits()``.
        dpi: resolution at which PDF pages are drawn, in dots an inch; chosen for each page by default.
        workers: where worker processes come from; by default each document has its own.

    Returns:
        The document, a context manager.

    Raises:
        InputError: when the file is missing, empty, damaged or of a type that cannot be opened.
        PasswordError: when a password is needed, or the one given is wrong.
        LimitError: when the file is too large, has too many pages or takes too long to open.
        UsageError: when ``dpi`` is out of range.
    """
    limits = limits or Limits()
    if dpi is not None and not _DPI_RANGE[0] <= dpi <= _DPI_RANGE[1]:
        raise UsageError(
            f"{dpi:g} dpi is out of range.",
            f"Choose from {_DPI_RANGE[0]} to {_DPI_RANGE[1]}, or leave it out.",
        )
    if isinstance(source, bytes):
        file = _File(_identify_bytes(source, name, limits), source)
    else:
        file = _identify_file(Path(source), name, limits)
    request = OpenRequest(
        media_type=file.info.media_type,
        name=file.info.name,
        path=None if file.data is not None else str(Path(source).absolute()),  # type: ignore[arg-type]
        password=password,
        dpi=None if dpi is None else round(dpi),
        limits=limits,
    )
    return Document(file, request, workers or WorkerPool())


def identify_file(path: str | Path, limits: Limits | None = None) -> DocumentInfo:
    """Type, size and content hash of a file, without parsing it; ``page_count`` is 0.

    Raises:
        InputError: when the file is missing, empty or of a type that cannot be opened.
        LimitError: when it is too large.
    """
    return _identify_file(Path(path), None, limits or Limits()).info


class Document:
    """An open document; made by ``open_document``. Several iterations may run at the same time."""

    def __init__(self, file: _File, request: OpenRequest, workers: WorkerPool) -> None:
        self._request = request
        self._file = file
        self._workers = workers
        self._limits = request.limits
        self._closed = False
        self._idle: list[WorkerProcess] = []
        self._finalizer = weakref.finalize(self, _kill_all, self._idle)
        worker, page_count = self._start_worker()
        self._idle.append(worker)
        self.info = replace(file.info, page_count=page_count)

    def __enter__(self) -> Document:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the worker processes, or return them to their pool. Closing twice does no harm."""
        self._closed = True
        while self._idle:
            self._workers.give_back(self._idle.pop())

    def pages(
        self, numbers: Sequence[int] | None = None, images: bool = True, previews: bool = False
    ) -> Iterator[Page]:
        """Pages one after the other, at most two of them in memory.

        A page that cannot be read comes with ``PageStatus.FAILED`` and a reason; the others follow.

        Args:
            numbers: which pages, from 1, in this order; all by default.
            images: False leaves the pixels out, which is many times faster.
            previews: a page with words in its text layer comes with a preview in place of its image,
                which is enough to judge them and several times faster.

        Raises:
            UsageError: when a number is not a page of the document, or the document is closed.
            InputError: in the midst of the pages, when the file has changed since it was opened.
        """
        wanted = tuple(range(1, self.info.page_count + 1) if numbers is None else numbers)
        check_page_numbers(wanted, self.info.page_count)
        if self._closed:
            raise UsageError(f"{self.info.name} has been closed.", "Open it again.")
        return self._stream(wanted, images, previews)

    def _stream(self, wanted: tuple[int, ...], images: bool, previews: bool) -> Iterator[Page]:
        remaining = list(reversed(wanted))
        lost_in_a_row = 0
        while remaining and lost_in_a_row < self._limits.lost_pages_in_a_row:
            worker = self._take_worker()
            try:
                worker.send(PagesRequest(tuple(reversed(remaining)), images, previews))
                while remaining:
                    reply, pixels = _receive_page(worker, remaining[-1], self._limits.page_seconds)
                    remaining.pop()
                    lost_in_a_row = 0
                    self._refuse_changed_file()
                    yield self._page(reply, pixels, images)
            except WorkerLost as lost:
                self._refuse_changed_file()  # which may be what the worker stumbled over
                number = remaining.pop()
                lost_in_a_row += 1
                yield self._page(PageReply(number, reason=self._why(lost, number)), bytearray(), images)
            finally:
                self._give_back(worker, in_the_middle=bool(remaining))

        reason = "Skipped: the pages before it could not be read."
        for number in reversed(remaining):
            yield Page(number, PageStatus.SKIPPED, 0, 0, None, reason=reason)

    def _refuse_changed_file(self) -> None:
        if self._request.path is not None and _version(self._request.path) != self._file.version:
            raise ChangedError(
                f"{self.info.name} was changed while it was read.", "Open it again when it is complete."
            )

    def _page(self, reply: PageReply, pixels: bytearray, images: bool) -> Page:
        if reply.reason is not None and not reply.lost and self._request.media_type == FileType.PDF:
            reply, pixels = self._draw_with_poppler(reply)
        if reply.reason is not None:
            return Page(reply.number, PageStatus.FAILED, 0, 0, None, reason=reply.reason, notes=reply.notes)
        image = preview = None
        if reply.preview_size is not None:
            width, height = reply.preview_size
            preview = np.frombuffer(pixels, dtype=np.uint8).reshape(height, width)
        elif images:
            image = np.frombuffer(pixels, dtype=np.uint8).reshape(reply.height, reply.width, 3)
        return Page(
            reply.number,
            PageStatus.OK,
            reply.width,
            reply.height,
            image,
            reply.words,
            reply.points_per_pixel,
            notes=reply.notes,
            preview=preview,
        )

    def _draw_with_poppler(self, failed: PageReply) -> tuple[PageReply, bytearray]:
        """A second try in a worker of its own; the first reason stays where that fails too."""
        try:
            worker, _ = self._start_worker()
        except InputError:
            return failed, bytearray()
        try:
            worker.send(PopplerRequest(failed.number))
            reply, pixels = _receive_page(worker, failed.number, POPPLER_STEPS * self._limits.page_seconds)
        except WorkerLost:
            reply, pixels = PageReply(failed.number, reason="Poppler could not draw it either."), bytearray()
        finally:
            worker.kill()
        if reply.reason is not None:
            reply = PageReply(failed.number, reason=f"{failed.reason} {reply.reason}")
        return reply, pixels

    def _why(self, lost: WorkerLost, number: int) -> str:
        if lost.timed_out:
            return f"Page {number} took longer than {self._limits.page_seconds:g} seconds and was given up."
        return f"Page {number} made the reader crash."

    def _take_worker(self) -> WorkerProcess:
        while self._idle:
            worker = self._idle.pop()
            if worker.is_alive:
                return worker
            worker.kill()
        return self._start_worker()[0]

    def _give_back(self, worker: WorkerProcess, in_the_middle: bool) -> None:
        if in_the_middle or not worker.is_alive:
            worker.kill()
        elif self._closed:
            self._workers.give_back(worker)
        else:
            self._idle.append(worker)

    def _start_worker(self) -> tuple[WorkerProcess, int]:
        """A worker that has the document open, and the number of pages."""
        name = self._request.name
        worker = self._workers.take(self._limits.page_pixels)
        try:
            worker.send(self._request, self._file.data or b"")
            reply, _ = worker.receive(self._limits.open_seconds)
        except WorkerLost as lost:
            if lost.timed_out:
                raise LimitError(
                    f"{name} took longer than {self._limits.open_seconds:g} seconds to open.",
                    "Raise the limit open_seconds, or save the document again with another program.",
                ) from lost
            raise InputError(
                f"{name} makes the reader crash.", "Save the document again with another program."
            ) from lost
        if isinstance(reply, Opened):
            return worker, reply.page_count
        worker.kill()
        if isinstance(reply, Refused):
            raise _known_error(reply)
        raise InputError(f"{name} cannot be opened.", "Save the document again with another program.")


def _receive_page(worker: WorkerProcess, number: int, seconds: float) -> tuple[PageReply, bytearray]:
    reply, pixels = worker.receive(seconds)
    if (
        not isinstance(reply, PageReply)
        or reply.number != number
        or len(pixels) not in (0, reply.payload_length)
    ):
        worker.kill()
        raise WorkerLost(timed_out=False)
    return reply, pixels


def _known_error(refused: Refused) -> InputError:
    kinds: dict[str, type[InputError]] = {
        kind.__name__: kind for kind in (InputError, PasswordError, LimitError)
    }
    return kinds.get(refused.error, InputError)(refused.message, refused.remedy)


def _identify_bytes(data: bytes, name: str | None, limits: Limits) -> DocumentInfo:
    name = name or "The pasted file"
    file_type = detect_file_type(data[:HEAD_BYTES], name)
    _check_size(len(data), name, limits)
    return DocumentInfo(hashlib.sha256(data).hexdigest(), name, file_type.value, 0, len(data))


def _identify_file(path: Path, name: str | None, limits: Limits) -> _File:
    """Type, size and content hash of a regular file; ``page_count`` is still 0."""
    name = name or path.name
    with _open_regular(path) as file:
        status = os.fstat(file.fileno())
        _check_size(status.st_size, name, limits)
        if status.st_size <= _SNAPSHOT_BYTES:
            data = file.read(_SNAPSHOT_BYTES)
            return _File(_identify_bytes(data, name, limits), data)
        file_type = detect_file_type(file.read(HEAD_BYTES), name)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    return _File(DocumentInfo(digest, name, file_type.value, 0, status.st_size), None, _version_of(status))


def _version(path: str) -> tuple[int, int, int] | None:
    try:
        return _version_of(Path(path).stat())
    except OSError:
        return None


def _version_of(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino


def _open_regular(path: Path) -> BinaryIO:
    """Open a file for reading, without ever waiting for the other end of a pipe or for a device."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError as error:
        raise InputError(f"There is no file {path}.", "Check the path.") from error
    except PermissionError as error:
        raise InputError(f"{path} may not be read.", "Ask for permission to read it.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{str(path)!r} cannot be opened.", "Check the path.") from error
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise InputError(f"{path} is a folder.", "Choose a file in it.")
    raise InputError(
        f"{path} is a pipe or a device, not a file.", "Save its content to a file and open that."
    )


def _check_size(size: int, name: str, limits: Limits) -> None:
    if size > limits.file_bytes:
        raise LimitError(
            f"{name} has {size / 2**20:,.0f} MiB; the limit is {limits.file_bytes / 2**20:,.0f} MiB.",
            "Split the document, or set DOCVLM_LIMIT_FILE_BYTES higher.",
        )


def _kill_all(workers: list[WorkerProcess]) -> None:
    while workers:
        workers.pop().kill()
