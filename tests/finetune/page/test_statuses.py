from __future__ import annotations

import time
from pathlib import Path

import pytest

from finetune.page.statuses import Statuses
from finetune.runner import Run, RunRequest, RunStatus, create
from finetune.training.events import Finished, Launched, Stopped, write_event


def test_a_run_that_has_ended_is_read_again_only_when_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create(RunRequest("receipts"), tmp_path)
    statuses, asked = Statuses(), []
    status = Run.status.fget  # type: ignore[attr-defined]
    monkeypatch.setattr(Run, "status", property(lambda self: asked.append(self) or status(self)))
    assert statuses.of([run]) == {"receipts": RunStatus.QUEUED}
    write_event(Stopped(3, "Stopped."), run.folder, time.time())
    for _ in range(3):
        assert statuses.of([run]) == {"receipts": RunStatus.STOPPED}
    assert len(asked) == 2
    write_event(Launched(), run.folder, time.time())
    write_event(Finished(9, "Trained."), run.folder, time.time())
    assert statuses.of([run]) == {"receipts": RunStatus.FINISHED}
