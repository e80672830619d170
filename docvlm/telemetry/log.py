"""The log: one JSON object a line, appended by every process of a run.

``{"time": …, "level": …, "event": "unit.finished", "run": …, "process": …, …}``. Only ``log_event`` writes
to it, and only values under the names below, so that nothing of a document can slip in with an error's text
or with a library's own messages.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path

from docvlm.errors import UsageError

Value = str | int | float | bool | None | Mapping[str, float]

FIELDS = frozenset(
    {
        "attempts",
        "bytes",
        "command",
        "contents",
        "engine",
        "error",
        "exit_code",
        "files",
        "kept",
        "kind",
        "media_type",
        "model",
        "model_workers",
        "page",
        "pages",
        "pages_done",
        "pages_failed",
        "seconds",
        "sha256",
        "shard",
        "stage",
        "state",
        "states",
        "steps",
        "stopped",
        "task",
        "threads",
        "version",
        "where",
        "why",
        "worker",
        "workers",
    }
)
"""What may be said of an event. ``error`` is a class's name, ``where`` a place in the code, ``why`` one of
a few fixed words; a document is known by the hash of its bytes, never by its name."""

_LOGGER = logging.getLogger("docvlm.events")
_LOGGER.propagate = False  # not into what an application or a library prints
_LOGGER.setLevel(logging.INFO)
_LOGGER.addHandler(logging.NullHandler())


def log_event(event: str, *, level: int = logging.INFO, **values: Value) -> None:
    """Write a line, where a log was opened.

    Raises:
        ValueError: for a name that is not among ``FIELDS``, which is a fault of the caller.
    """
    if unknown := values.keys() - FIELDS:
        raise ValueError(f"not a field of the log: {', '.join(sorted(unknown))}")
    _LOGGER.log(level, event, extra={"values": values})


def open_log(path: Path, run_id: str) -> None:
    """Append to ``path`` from now on; the file is made for its owner only, and may be rotated meanwhile.

    Raises:
        UsageError: when it cannot be written.
    """
    close_log()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        handler = _QuietFileHandler(path, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"The log {path} cannot be written: {error.strerror or error}.",
            "Give another file with --log or DOCVLM_LOG.",
        ) from error
    handler.setFormatter(_JsonLine(run_id))
    _LOGGER.addHandler(handler)


def close_log() -> None:
    for handler in [each for each in _LOGGER.handlers if isinstance(each, _QuietFileHandler)]:
        _LOGGER.removeHandler(handler)
        handler.close()


class _QuietFileHandler(WatchedFileHandler):
    """A full disk, or a folder that is gone, must not stop the work, nor be told at every line."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):  # from opening the file again; the next line tries again
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:
        pass

    def close(self) -> None:
        with suppress(OSError):
            super().close()


class _JsonLine(logging.Formatter):
    def __init__(self, run_id: str) -> None:
        super().__init__()
        self._run_id = run_id

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "run": self._run_id,
            "process": record.process,
        }
        values: Mapping[str, Value] = getattr(record, "values", {})
        return json.dumps(line | {name: _short(value) for name, value in values.items()})


def _short(value: Value) -> Value:
    """Seconds to the millisecond; the content of what is counted stays as it is."""
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, Mapping):
        return {name: round(number, 3) for name, number in value.items()}
    return value
