"""What a batch and its worker processes say to each other, pickled, on a pipe.

Both ends are docvlm's own code; what a hostile file may take over is the process of ``docvlm.ingest``
below, which speaks JSON. To the worker go ``WorkerSetup``, ``Unit`` and ``StopRequest``; back come the
messages below, ``UnitProgress`` and ``UnitResult``.
"""

from __future__ import annotations

from dataclasses import dataclass

from docvlm import errors
from docvlm.errors import DocvlmError, ModelError
from docvlm.models.protocol import EngineCard


@dataclass(frozen=True, slots=True)
class StopRequest:
    """End after the page in flight."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker can begin; ``card`` is that of its model, None where it has none."""

    card: EngineCard | None


@dataclass(frozen=True, slots=True)
class Broken:
    """The worker can do no unit at all; ``error`` is the name of a class in ``docvlm.errors``."""

    error: str
    message: str
    remedy: str

    def as_error(self) -> DocvlmError:
        kind = getattr(errors, self.error, ModelError)
        error: DocvlmError = kind(self.message, self.remedy)
        return error
