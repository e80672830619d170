"""What a run tells while it goes on, one JSON object a line in ``events.jsonl``."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

EVENTS_FILE = "events.jsonl"


@dataclass(frozen=True, slots=True)
class Launched:
    """A process takes the run up, for the first time or again."""


@dataclass(frozen=True, slots=True)
class Progressed:
    """Slow work beside the steps: ``done`` of ``total``, both 0 where that is not counted.

    ``stage`` says what is done, for the user: ``Reading the documents``.
    """

    stage: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Started:
    """A run begins, or goes on at ``step``.

    Attributes:
        steps: how many the run has in all.
        step: how many of them an earlier process has done.
        examples: windows that are trained on.
        rejected: windows left out because they are too long.
        lost_labels: labels that stand on no page.
        trained_weights: how many numbers learn.
    """

    steps: int
    step: int
    examples: int
    rejected: int
    lost_labels: int
    trained_weights: int


@dataclass(frozen=True, slots=True)
class StepDone:
    """One step: ``loss`` is the mean over its reply tokens, from before the weights changed.

    Speeds are those of this process so far; ``seconds_left`` is what the rest takes at that speed;
    ``memory_bytes`` is the most that this process has had in memory.
    """

    step: int
    loss: float
    learning_rate: float
    examples_per_second: float
    tokens_per_second: float
    seconds_left: float
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Field accuracy while a run goes on: ``right`` of ``asked`` values; ``best`` of the run so far.

    On documents kept aside to stop in time, or, where there are too few for that, ``watched`` on some of
    those held back: then nothing is chosen by it.
    """

    step: int
    right: int
    asked: int
    best: bool
    watched: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """The ``base``, before the first step, or the ``adapter``, with the weights of ``step``, on the documents
    held back: ``right`` of ``asked`` values and cells. Nothing is chosen by it.
    """

    model: str
    step: int
    right: int
    asked: int


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """From here the run can go on if it is interrupted."""

    step: int


@dataclass(frozen=True, slots=True)
class Warned:
    """Something the user should know; the run goes on."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Kept:
    """The adapter was put on the shelf as ``adapter``.

    ``promoted`` says whether it won over its base on held-out documents, ``active`` whether it is used
    from now on; the sentence says why.
    """

    adapter: str
    promoted: bool
    active: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The adapter lies in ``adapter`` inside the run's folder; ``step`` is that of its weights."""

    step: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The run was asked to stop and can be resumed."""

    step: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The run ended with an error; ``exit_code`` is that of the error (see ``docvlm.errors``).

    ``for_good``: going on would end in the same way.
    """

    sentence: str
    exit_code: int
    for_good: bool = False


Event = (
    Launched
    | Progressed
    | Started
    | StepDone
    | Evaluated
    | Judged
    | CheckpointSaved
    | Warned
    | Kept
    | Finished
    | Stopped
    | Failed
)
Emit = Callable[[Event], None]

_NAMES: dict[type[Any], str] = {
    Launched: "launched",
    Progressed: "progress",
    Started: "started",
    StepDone: "step",
    Evaluated: "evaluation",
    Judged: "judged",
    CheckpointSaved: "checkpoint",
    Warned: "warning",
    Kept: "kept",
    Finished: "finished",
    Stopped: "stopped",
    Failed: "failed",
}
_KINDS = {name: kind for kind, name in _NAMES.items()}


def write_event(event: Event, folder: Path, time: float) -> None:
    """Append an event to a run's file; ``time`` is in seconds since 1970."""
    line = json.dumps({"event": _NAMES[type(event)], "time": round(time, 3), **asdict(event)})
    with (folder / EVENTS_FILE).open("ab+") as file:
        start = b"" if _ends_whole(file) else b"\n"
        file.write(start + line.encode() + b"\n")


def _ends_whole(file: BinaryIO) -> bool:
    """Whether the last line is not one that a full disk or a power cut has cut short."""
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read() == b"\n"


def parse_event(line: str) -> Event | None:
    """The event of a line; None for one that was cut short or that this version does not know."""
    try:
        values = json.loads(line)
        kind = _KINDS[values["event"]]
        # What a later version added is missing in older files, and has a default.
        known = {item.name: values[item.name] for item in fields(kind) if item.name in values}
        return kind(**known)  # type: ignore[no-any-return]
    except (ValueError, KeyError, TypeError):
        return None


def read_events(folder: Path) -> list[Event]:
    """Everything a run has told so far; nothing where it has not begun."""
    file = folder / EVENTS_FILE
    if not file.is_file():
        return []
    parsed = (parse_event(line) for line in file.read_text(encoding="utf-8").splitlines())
    return [event for event in parsed if event is not None]
