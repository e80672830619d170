"""A workspace over a tiny checkpoint, so that real switches and trainings take seconds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from docvlm.config import Settings
from docvlm.pipeline import Workspace


@contextmanager
def workspace_over(checkpoint: Path, home: Path) -> Iterator[Workspace]:
    settings = Settings.from_environment({"DOCVLM_HOME": str(home)})
    with Workspace(replace(settings, model=str(checkpoint), threads=1)) as opened:
        yield opened
