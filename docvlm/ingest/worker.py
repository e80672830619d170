"""The worker process: ``python -m docvlm.ingest.worker``. It alone lets parsers touch a file.

Reads requests from standard input, answers on standard output, ends when the input ends. It limits
its own memory, and it never outlives the process that started it, not even in the middle of a page.
"""

from __future__ import annotations

import math
import os
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Protocol

from docvlm.child_process import take_over_standard_streams
from docvlm.config import Limits
from docvlm.errors import DocvlmError, InputError, LimitError
from docvlm.ingest.file_type import FileType
from docvlm.ingest.messages import (
    POPPLER_STEPS,
    FramingError,
    Message,
    Opened,
    OpenRequest,
    PageReply,
    PagesRequest,
    PopplerRequest,
    Refused,
    read_frame,
    write_frame,
)

_PARENT_GRACE_SECONDS = 5
"""The parent kills a worker that exceeds a time limit; the kernel does so this much later."""


class PageSource(Protocol):
    """An open file, inside the worker."""

    @property
    def page_count(self) -> int: ...

    def read_page(self, number: int, image: bool, preview: bool) -> tuple[PageReply, bytes]: ...

    def draw_with_poppler(self, number: int) -> tuple[PageReply, bytes]: ...

    def close(self) -> None: ...


def main() -> None:
    """Serve one parent until it closes the pipe."""
    requests, replies = take_over_standard_streams()
    source: PageSource | None = None
    limits = Limits()
    try:
        while True:
            request, payload = read_frame(requests, payload_limit=2**40)
            if isinstance(request, OpenRequest):
                if source is not None:
                    source.close()
                limits = request.limits
                _limit_resources(limits)
                with _stopped_by_kernel(requests, limits.open_seconds):
                    source, reply = _open(request, payload)
                write_frame(replies, reply)
            elif isinstance(request, PagesRequest) and source is not None:
                for number in request.numbers:
                    with _stopped_by_kernel(requests, limits.page_seconds):
                        page, pixels = _read_page(source, number, request)
                    write_frame(replies, page, pixels)
                    del pixels
            elif isinstance(request, PopplerRequest) and source is not None:
                with _stopped_by_kernel(requests, POPPLER_STEPS * limits.page_seconds):
                    page, pixels = _draw_with_poppler(source, request.number)
                write_frame(replies, page, pixels)
    except FramingError:
        return


def _limit_resources(limits: Limits) -> None:
    if sys.platform == "win32":
        return  # no such limits there; the parent's time limits still hold
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    allowed = limits.worker_bytes if hard == resource.RLIM_INFINITY else min(limits.worker_bytes, hard)
    resource.setrlimit(resource.RLIMIT_AS, (allowed, hard))


@contextmanager
def _stopped_by_kernel(requests: BinaryIO, seconds: float) -> Iterator[None]:
    """Let the kernel end this process when the time is up or when the parent is gone.

    While a parser runs, Python can notice neither. SIGALRM ends the process after the time, SIGIO
    as soon as the parent's end of the pipe closes (the parent sends nothing while it waits for a
    reply). PR_SET_PDEATHSIG would not do: it fires when the *thread* that started the worker ends.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    descriptor = requests.fileno()
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC)
    signal.alarm(math.ceil(seconds) + _PARENT_GRACE_SECONDS)
    if select.select([descriptor], [], [], 0)[0]:  # closed before the kernel was asked to watch
        raise FramingError("the parent is gone")
    try:
        yield
    finally:
        signal.alarm(0)
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags)


def _open(request: OpenRequest, payload: bytearray) -> tuple[PageSource | None, Message]:
    try:
        source = _open_source(request, payload)
        if source.page_count < 1:
            raise InputError(f"{request.name} holds no pages.", "Check that the file is complete.")
        if source.page_count > request.limits.max_pages:
            raise LimitError(
                f"{request.name} claims to have {source.page_count:,} pages; "
                f"the limit is {request.limits.max_pages:,}.",
                "Split the document, or set DOCVLM_LIMIT_MAX_PAGES higher.",
            )
    except DocvlmError as error:
        return None, Refused(type(error).__name__, error.message, error.remedy)
    except Exception as error:  # noqa: BLE001 - a broken file makes parsers raise anything
        return None, _refusal(request, error)
    return source, Opened(source.page_count)


def _open_source(request: OpenRequest, payload: bytearray) -> PageSource:
    # Imported here: opening an image must not wait for MuPDF, nor a PDF for Pillow.
    if request.media_type == FileType.PDF:
        from docvlm.ingest.pdf import PdfSource

        return PdfSource(request, payload)
    from docvlm.ingest.image import ImageSource

    return ImageSource(request, payload)


def _refusal(request: OpenRequest, error: Exception) -> Refused:
    if is_out_of_memory(error):
        return Refused(
            "LimitError",
            f"{request.name} needs more than {request.limits.worker_bytes // 2**20:,} MiB to be opened.",
            "Raise the limit worker_bytes if you trust the file.",
        )
    return Refused(
        "InputError",
        f"{request.name} is too damaged to be opened ({describe(error)}).",
        "Check that the file is complete, or save it again with the program it came from.",
    )


def _read_page(source: PageSource, number: int, request: PagesRequest) -> tuple[PageReply, bytes]:
    try:
        return source.read_page(number, request.images, request.previews)
    except DocvlmError as error:
        return PageReply(number, reason=str(error)), b""
    except Exception as error:  # noqa: BLE001 - one bad page never ends a document
        return PageReply(number, reason=_page_failure(number, error)), b""


def _draw_with_poppler(source: PageSource, number: int) -> tuple[PageReply, bytes]:
    try:
        return source.draw_with_poppler(number)
    except DocvlmError as error:
        return PageReply(number, reason=str(error)), b""
    except Exception as error:  # noqa: BLE001 - one bad page never ends a document
        return PageReply(number, reason=f"Poppler could not draw it either ({describe(error)})."), b""


def _page_failure(number: int, error: Exception) -> str:
    if is_out_of_memory(error):
        return f"Page {number} needs more memory than the limit worker_bytes allows."
    return f"Page {number} could not be read ({describe(error)})."


def is_out_of_memory(error: Exception) -> bool:
    """Whether an exception says that memory ran out; MuPDF says so in its text only."""
    text = str(error)
    return isinstance(error, MemoryError) or ("alloc" in text and "failed" in text)


def describe(error: Exception) -> str:
    """A parser's message as part of a sentence: one line, no code prefix, no full stop."""
    text = " ".join(str(error).split())
    return text.removeprefix("code=").lstrip("0123456789: ").rstrip(".")[:200] or type(error).__name__


if __name__ == "__main__":
    main()
