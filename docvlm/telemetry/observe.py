"""Opens log and tracing for a command, and carries both over to the processes that it starts."""

from __future__ import annotations

import logging
import time
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import docvlm
from docvlm.errors import DocvlmError
from docvlm.telemetry.log import close_log, log_event, open_log
from docvlm.telemetry.spans import continued, current_parent, span, start_tracing, stop_tracing


@dataclass(frozen=True, slots=True)
class Observed:
    """How a run is observed; handed to worker processes, which go on with it.

    Attributes:
        run_id: the same in every line of a run.
        log_file: where lines are appended; None without a log.
        parent: the span above, in the form of W3C's ``traceparent``; empty without tracing.
    """

    run_id: str
    log_file: Path | None = None
    parent: str = ""


_here: Observed | None = None


def observed_here() -> Observed:
    """How this process is observed, as of now."""
    here = _here or Observed(run_id="")
    return Observed(here.run_id, here.log_file, current_parent())


@contextmanager
def observe(name: str, log_file: Path | None, run_id: str = "") -> Iterator[None]:
    """Log and trace what happens in the block, with its beginning and its end.

    Args:
        name: the command's.
        run_id: made here where empty.

    Raises:
        UsageError: when the log cannot be written, or tracing is wanted and not installed.
    """
    run_id = run_id or uuid.uuid4().hex[:12]
    started = time.monotonic()
    with _opened(Observed(run_id, log_file)), span(f"docvlm {name}", run=run_id):
        log_event("command.started", command=name, version=docvlm.__version__)
        try:
            yield
        except BaseException as error:
            level = logging.INFO if isinstance(error, (KeyboardInterrupt, DocvlmError)) else logging.ERROR
            log_event(
                "command.failed",
                level=level,
                command=name,
                error=type(error).__name__,
                exit_code=error.exit_code if isinstance(error, DocvlmError) else None,
                where=_place(error),
                seconds=time.monotonic() - started,
            )
            raise
        log_event("command.ended", command=name, seconds=time.monotonic() - started)


@contextmanager
def go_on_observing(observed: Observed) -> Iterator[None]:
    """The same in a process that a run has started, under the run's id and span."""
    with _opened(observed), continued(observed.parent):
        yield


@contextmanager
def _opened(observed: Observed) -> Iterator[None]:
    global _here
    before, _here = _here, observed
    try:
        if observed.log_file is not None:
            open_log(observed.log_file, observed.run_id)
        start_tracing()
        yield
    finally:
        stop_tracing()
        close_log()
        _here = before


def _place(error: BaseException) -> str:
    """Where in docvlm an error came up; not its text, which may quote a document."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if f"{Path(docvlm.__file__).parent.name}/" in frame.filename]
    last = (own or frames)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"
