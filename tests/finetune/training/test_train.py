"""Whole runs on a tiny random checkpoint: what they leave is served, and a stop changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from docvlm.config import Settings
from docvlm.errors import InputError
from docvlm.models.hub import HubEngine
from finetune.data.documents import FieldLabel, LabelledDocument
from finetune.data.readings import Readings
from finetune.data.schema import schema_of
from finetune.training.events import Event, Finished, Started, StepDone, Stopped
from finetune.training.settings import TrainingSettings
from finetune.training.train import TrainingData, train
from tests.finetune.data.pages import pdf_of
from tests.models.tiny_checkpoints import save_tiny_checkpoint

STEPS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What every run here learns: two fields of the sample invoice, in ``STEPS`` steps."""

    data: TrainingData
    settings: TrainingSettings
    readings: Readings
    home: Path

    def train(
        self, run: Path, emit: Callable[[Event], None], should_stop: Callable[[], bool] = lambda: False
    ) -> Path | None:
        return train(self.data, self.settings, run, self.readings, self.home, emit, should_stop)


@pytest.fixture(scope="module")
def lesson(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lesson]:
    invoice = samples / "invoice.pdf"
    home = tmp_path_factory.mktemp("home")
    base = save_tiny_checkpoint("idefics3", tmp_path_factory.mktemp("training") / "base")
    with Readings.open(Settings(home, f"sqlite:///{home / 'docvlm.sqlite'}")) as readings:
        plain = LabelledDocument(hashlib.sha256(invoice.read_bytes()).hexdigest(), "invoice.pdf", invoice)
        words = [word.text for reading in readings.of(plain) for word in reading.words]
        labels = (FieldLabel("title", words[0]), FieldLabel("reference", words[3]))
        document = replace(plain, fields=labels)
        settings = TrainingSettings(base_model=str(base), epochs=STEPS, documents_a_step=1)
        yield Lesson(TrainingData((document,), schema_of([document])), settings, readings, home)


def losses(events: list[Event]) -> dict[int, float]:
    return {event.step: event.loss for event in events if isinstance(event, StepDone)}


def test_a_run_gives_an_adapter_that_is_served(lesson: Lesson, tmp_path: Path) -> None:
    events: list[Event] = []
    adapter = lesson.train(tmp_path / "run", events.append)
    assert adapter is not None and isinstance(events[-1], Finished)
    assert list(losses(events)) == list(range(1, STEPS + 1))
    name = lesson.settings.base_model
    engine, plain = HubEngine(name, adapter=adapter), HubEngine(name)
    assert engine.card.revision != plain.card.revision
    engine.close()
    plain.close()


@pytest.mark.parametrize("stop_after", [1, 2, 4, 5])
def test_a_stopped_run_goes_on_as_if_it_had_not_been(lesson: Lesson, tmp_path: Path, stop_after: int) -> None:
    unbroken: list[Event] = []
    whole = lesson.train(tmp_path / "unbroken", unbroken.append)
    events: list[Event] = []
    run = tmp_path / "broken"

    def reached() -> bool:
        # Asked before the step's own event comes.
        return sum(isinstance(event, StepDone) for event in events) >= stop_after - 1

    assert lesson.train(run, events.append, reached) is None
    assert isinstance(events[-1], Stopped) and events[-1].step == stop_after
    resumed = lesson.train(run, events.append)
    assert [event.step for event in events if isinstance(event, Started)] == [0, stop_after]
    assert losses(events) == pytest.approx(losses(unbroken), rel=1e-5)
    assert whole is not None and resumed is not None
    wanted = load_file(whole / "adapter_model.safetensors")
    found = load_file(resumed / "adapter_model.safetensors")
    assert found.keys() == wanted.keys()
    for weight, value in wanted.items():
        torch.testing.assert_close(found[weight], value, rtol=1e-4, atol=1e-6)


def test_a_run_that_is_over_gives_its_adapter_again(lesson: Lesson, tmp_path: Path) -> None:
    first = lesson.train(tmp_path / "run", lambda _event: None)
    events: list[Event] = []
    assert lesson.train(tmp_path / "run", events.append) == first
    assert losses(events) == {}
    assert isinstance(events[-1], Finished)


def test_a_page_that_is_too_long_is_left_out_and_counted(lesson: Lesson, tmp_path: Path) -> None:
    short = replace(pdf_of(tmp_path / "short.pdf", "Total 9.00"), fields=(FieldLabel("total", "9.00"),))
    rows = [f"Line {number} of a page with very many words on it" for number in range(20)]
    long = replace(pdf_of(tmp_path / "long.pdf", *rows, "Total 9.00", font_size=6), fields=short.fields)
    data = TrainingData((short, long), schema_of([short]))
    settings = replace(lesson.settings, epochs=1.0, max_tokens=900)
    events: list[Event] = []
    train(data, settings, tmp_path / "run", lesson.readings, lesson.home, events.append)
    (started,) = (event for event in events if isinstance(event, Started))
    assert (started.examples, started.rejected, started.lost_labels) == (1, 1, 0)
    with pytest.raises(InputError, match="nothing to learn from"):
        train(replace(data, documents=(long,)), settings, tmp_path / "none", lesson.readings, lesson.home)
