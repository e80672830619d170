"""A loss that is no number costs no more than the steps since the last good weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from finetune.training.checkpoints import step_of
from finetune.training.events import CheckpointSaved, Event, Finished, StepDone, Warned
from finetune.training.last_good import last_good
from finetune.training.settings import TrainingSettings
from finetune.training.train import TrainingData, train
from finetune.training.trainer import LossNotFinite, reply_loss
from tests.finetune.training.families import Lesson

WEIGHTS = "adapter_model.safetensors"


def saved(folder: Path, *steps: int) -> Path:
    for step in steps:
        (folder / f"checkpoint-{step}").mkdir()
    return folder


@pytest.mark.parametrize(
    ("steps", "failed", "kept"), [((3, 4), 5, 3), ((3, 4), 9, 4), ((4,), 5, None), ((), 5, None)]
)
def test_weights_that_the_failed_step_was_computed_with_are_not_good(
    tmp_path: Path, steps: tuple[int, ...], failed: int, kept: int | None
) -> None:
    found = last_good(saved(tmp_path, *steps), failed, tmp_path / "best", None)
    assert (None if found is None else step_of(found)) == kept


def test_the_best_that_were_measured_go_before_newer_ones(tmp_path: Path) -> None:
    best = tmp_path / "best"
    assert last_good(saved(tmp_path, 3, 4), 6, best, 2) == best
    assert last_good(tmp_path, 5, best, 4) == tmp_path / "checkpoint-3", (
        "the failed step was computed with it"
    )


class Spoilt:
    """A loss that is no number from one step on, with weights that are none either."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
        self.model: Any = None
        self._left = after
        monkeypatch.setattr("finetune.training.trainer.reply_loss", self._loss)

    def _loss(self, model: Any, *arguments: Any) -> torch.Tensor:
        loss = reply_loss(model, *arguments)
        self._left -= 1
        if self._left >= 0:
            return loss
        self.model = model
        with torch.no_grad():
            for weight in self.learning:
                weight.fill_(torch.inf)
        return loss * torch.nan

    @property
    def learning(self) -> list[torch.Tensor]:
        return [weight for weight in self.model.parameters() if weight.requires_grad]


@pytest.mark.slow
def test_the_adapter_is_that_of_the_last_good_weights(
    invoice_lesson: Lesson, bases: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt = Spoilt(monkeypatch, after=4)
    events: list[Event] = []
    adapter = run(invoice_lesson, bases["idefics3"], tmp_path / "run", events)
    assert [event.step for event in events if isinstance(event, StepDone)] == [1, 2, 3, 4]
    assert [event.step for event in events if isinstance(event, CheckpointSaved)][-1] == 4
    ending = events[-1]
    assert isinstance(ending, Finished) and ending.step == 3
    (warned,) = (event.sentence for event in events if isinstance(event, Warned))
    assert warned == ending.sentence and "no longer a number at step 5" in warned
    assert "lower learning_rate" in warned
    good = load_file(tmp_path / "run" / "checkpoint-3" / WEIGHTS)
    for name, weight in load_file(adapter / WEIGHTS).items():
        torch.testing.assert_close(weight, good[name])
    assert all(torch.isfinite(weight).all() for weight in spoilt.learning), "the base is judged with them"


@pytest.mark.slow
def test_without_good_weights_it_is_an_error(
    invoice_lesson: Lesson, bases: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Spoilt(monkeypatch, after=1)
    with pytest.raises(LossNotFinite, match=r"at step 2\. Start a new run with a lower learning rate"):
        run(invoice_lesson, bases["idefics3"], tmp_path / "run", [])


def run(lesson: Lesson, base: Path, folder: Path, events: list[Event]) -> Path:
    """Six steps with all of what is learnt kept, saved after each."""
    settings = TrainingSettings(base_model=str(base), epochs=6.0, documents_a_step=1, kept_share=1.0)
    data = TrainingData((lesson.document,), lesson.schema)
    adapter = train(
        data, settings, folder, lesson.readings, lesson.home, events.append, checkpoint_seconds=0.0
    )
    assert adapter is not None
    return adapter
