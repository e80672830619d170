"""What is done with files: a job for all of them, a unit of work for each content.

A unit is known by its key, a hash of the file's content, the pages, the schema or question, and the
model's revision. The same unit is never done twice; whatever changes one of these is another unit.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from docvlm.models.protocol import EngineCard
from docvlm.pipeline.document import PIPELINE_VERSION
from docvlm.reading import READER_VERSION
from docvlm.schemas import Schema


class Task(StrEnum):
    """Reading needs no model; the others work on what was read."""

    READ = "read"
    ASK = "ask"
    EXTRACT = "extract"


@dataclass(frozen=True, slots=True)
class Job:
    """What is done with every file.

    Attributes:
        pages: a page range as ``docvlm.ingest.parse_page_range`` reads it.
        question: what to ask; with the task ASK only.
        schema: what to extract; with the task EXTRACT only.
        engine: the model that answers; None for READ.
        tiling: what ``EngineCard.tiling`` makes of the tile budget.
        owner: whose documents they become, where several people share one store.
    """

    task: Task
    pages: str = "all"
    question: str = ""
    schema: Schema | None = None
    engine: EngineCard | None = None
    tiling: str = ""
    owner: str = ""

    @property
    def identity(self) -> str:
        """All that decides about the result, as text."""
        mine = [self.owner] if self.owner else []
        if self.engine is None:
            return json.dumps([self.task, self.pages, READER_VERSION, *mine])
        target = self.question if self.schema is None else self.schema.key
        model = [self.engine.name, self.engine.revision, self.tiling, PIPELINE_VERSION]
        return json.dumps([self.task, self.pages, READER_VERSION, target, *model, *mine])


@dataclass(frozen=True, slots=True)
class Unit:
    """One job on one content.

    Attributes:
        sha256: of the file's bytes, in hex.
        path: where these bytes were seen; the same bytes under other names are the same unit.
        name: what the document is called; the file's own name where empty.
        attempt: 1 for the first; pages that failed before are not tried again by later attempts.
        lost_pages: pages in whose midst a worker was lost, with the reason; they count as failed.
    """

    job: Job
    sha256: str
    path: str
    attempt: int = 1
    lost_pages: tuple[tuple[int, str], ...] = ()
    name: str = ""

    @property
    def title(self) -> str:
        """What the document is called."""
        return self.name or Path(self.path).name

    @property
    def key(self) -> str:
        return hashlib.sha256(f"{self.sha256} {self.job.identity}".encode()).hexdigest()


class Outcome(StrEnum):
    """How a unit ended.

    ``failed`` may have pages that were read; ``changed``: the file no longer holds these bytes;
    ``stopped``: asked to stop; ``lost``: the worker or its database broke down, try again.
    """

    DONE = "done"
    FAILED = "failed"
    CHANGED = "changed"
    STOPPED = "stopped"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class UnitResult:
    """What became of a unit; see ``docvlm.store.UnitRecord`` for the fields they share.

    ``lost_page`` is the page in whose midst the worker was lost, None where that is not known.
    """

    key: str
    outcome: Outcome
    reason: str | None = None
    exit_code: int = 0
    pages_done: int = 0
    pages_failed: int = 0
    result_id: int | None = None
    timings: tuple[tuple[str, float], ...] = ()
    lost_page: int | None = None


@dataclass(frozen=True, slots=True)
class UnitProgress:
    """A sign of life: so many pages (or parts, once the model reads) of so many are over.

    ``page`` is the number of the page that is worked on next, None where that is not known. ``read_now``
    of the pages were read, or tried, in this attempt; the others were known before.
    """

    key: str
    done: int
    total: int
    failed: int = 0
    page: int | None = None
    read_now: int = 0
