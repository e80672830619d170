"""Whole runs on a tiny random checkpoint: what they leave is served, and a stop changes nothing."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from docvlm.config import Settings
from docvlm.errors import InputError
from docvlm.models.hub import HubEngine
from finetune.data.documents import FieldLabel, LabelledDocument, TranscriptLabel
from finetune.data.readings import Readings
from finetune.data.schema import schema_of
from finetune.training.events import Evaluated, Event, Finished, Started, StepDone, Stopped, Warned
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


def test_watching_documents_changes_nothing_of_what_is_learnt(lesson: Lesson, tmp_path: Path) -> None:
    events: list[Event] = []
    plain = lesson.train(tmp_path / "plain", lambda _event: None)
    watching = replace(lesson, data=replace(lesson.data, watched=lesson.data.documents))
    watched = watching.train(tmp_path / "watched", events.append)
    evaluated = [event for event in events if isinstance(event, Evaluated)]
    assert [event.step for event in evaluated] == list(range(1, STEPS))
    assert all(event.watched and not event.best and event.asked == 2 for event in evaluated)
    assert plain is not None and watched is not None
    wanted = load_file(plain / "adapter_model.safetensors")
    for name, value in load_file(watched / "adapter_model.safetensors").items():
        assert torch.equal(value, wanted[name]), name


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


RANDOM = {
    "noise": 5.0,
    "dropout": 0.1,
    "smallest_scale": 0.5,
    "split_share": 0.5,
    "text_only_share": 0.3,
    "paraphrases": 2,
    "absent_share": 0.5,
}
"""Everything that a visit to a page may leave to chance."""


def test_chance_comes_out_the_same_in_a_resumed_run(lesson: Lesson, tmp_path: Path) -> None:
    chancy = replace(lesson, settings=replace(lesson.settings, epochs=4.0, **RANDOM))  # type: ignore[arg-type]
    unbroken: list[Event] = []
    chancy.train(tmp_path / "unbroken", unbroken.append)
    plain: list[Event] = []
    replace(lesson, settings=replace(lesson.settings, epochs=4.0)).train(tmp_path / "plain", plain.append)
    assert losses(unbroken) != pytest.approx(losses(plain), rel=1e-3)
    events: list[Event] = []
    two_done = lambda: any(isinstance(event, StepDone) for event in events)  # noqa: E731
    assert chancy.train(tmp_path / "broken", events.append, two_done) is None
    assert chancy.train(tmp_path / "broken", events.append) is not None
    assert losses(events) == pytest.approx(losses(unbroken), rel=1e-5)


def test_computing_layers_twice_changes_no_loss(lesson: Lesson, tmp_path: Path) -> None:
    plain: list[Event] = []
    lesson.train(tmp_path / "plain", plain.append)
    events: list[Event] = []
    sparing = replace(lesson, settings=replace(lesson.settings, gradient_checkpointing=True))
    sparing.train(tmp_path / "sparing", events.append)
    assert losses(events) == pytest.approx(losses(plain), rel=1e-5)


def test_bfloat16_trains_on_a_processor(
    lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for dtype in (torch.float32, torch.bfloat16):
        monkeypatch.setattr("docvlm.models.checkpoint.pick_dtype", lambda _device, dtype=dtype: dtype)
        events: list[Event] = []
        assert lesson.train(tmp_path / f"{dtype}", events.append) is not None
        found.append(losses(events))
    whole, half = found
    assert len(half) == STEPS and all(map(math.isfinite, half.values()))
    assert half != whole, "computed in bfloat16 indeed"
    assert half == pytest.approx(whole, rel=0.05)


def test_a_time_budget_is_turned_into_steps_once(lesson: Lesson, tmp_path: Path) -> None:
    """Eight seconds: many steps of a model this small, and a resumed run does not plan anew."""
    budget = replace(lesson, settings=replace(lesson.settings, minutes=8 / 60))
    events: list[Event] = []
    times: list[float] = []

    def hear(event: Event) -> None:
        events.append(event)
        times.append(time.monotonic())

    stop = lambda: any(isinstance(event, StepDone) for event in events)  # noqa: E731
    assert budget.train(tmp_path / "run", hear, stop) is None
    assert budget.train(tmp_path / "run", hear) is not None
    of_steps = sum(
        after - before
        for before, after, event in zip(times, times[1:], events[1:], strict=False)
        if isinstance(event, StepDone)
    )
    first, second = (event for event in events if isinstance(event, Started))
    assert first.steps == second.steps and second.step == 2
    assert 3 <= first.steps < 2000
    assert 8 / 4 < of_steps < 8 * 2.5, "about the eight seconds"
    rates = [event for event in events if isinstance(event, StepDone)]
    assert [event.step for event in rates] == list(range(1, first.steps + 1))


def test_evaluations_that_cannot_be_made_are_told(lesson: Lesson, tmp_path: Path) -> None:
    watched = replace(lesson, settings=replace(lesson.settings, epochs=1.0, evaluations=2))
    events: list[Event] = []
    assert watched.train(tmp_path / "run", events.append) is not None
    (warned,) = (event.sentence for event in events if isinstance(event, Warned))
    assert warned.startswith("Nothing is evaluated on the way, because no document is left")


def test_a_run_that_is_over_gives_its_adapter_again(lesson: Lesson, tmp_path: Path) -> None:
    first = lesson.train(tmp_path / "run", lambda _event: None)
    events: list[Event] = []
    assert lesson.train(tmp_path / "run", events.append) == first
    assert losses(events) == {}
    assert isinstance(events[-1], Finished)


def test_a_transcript_alone_is_learnt_over_a_base_that_sees_pixels(lesson: Lesson, tmp_path: Path) -> None:
    slip = pdf_of(tmp_path / "slip.pdf", "Corner Shop", "Total 9.00")
    copied = replace(slip, transcripts=(TranscriptLabel("Corner Shop\nTotal 9.00"),))
    events: list[Event] = []
    settings = replace(lesson.settings, epochs=2.0)
    data = TrainingData((copied,), None)
    assert train(data, settings, tmp_path / "run", lesson.readings, lesson.home, events.append) is not None
    (started,) = (event for event in events if isinstance(event, Started))
    assert (started.examples, started.rejected, started.lost_labels) == (1, 0, 0)
    first, second = losses(events).values()
    assert math.isfinite(first) and second < first


def test_labels_of_other_documents_are_refused(lesson: Lesson, tmp_path: Path) -> None:
    """Most of them stand on no page; the few that do, by chance, would teach chance."""
    slips = [pdf_of(tmp_path / f"{number}.pdf", f"Total {number}.00", "Tip 0.50") for number in range(10, 20)]
    labelled = [
        replace(slip, fields=(FieldLabel("total", f"{number}.00"), FieldLabel("tip", "0.50")))
        for number, slip in enumerate(slips, start=11)
    ]
    data = TrainingData(tuple(labelled), schema_of(labelled))
    settings = replace(lesson.settings, epochs=1.0, lost_share=0.4)
    with pytest.raises(InputError, match="10 of 20 labels stand on no page") as told:
        train(data, settings, tmp_path / "run", lesson.readings, lesson.home)
    assert "mixed up" in (told.value.remedy or "")
    allowed = replace(settings, lost_share=0.5)
    assert train(data, allowed, tmp_path / "allowed", lesson.readings, lesson.home) is not None


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
