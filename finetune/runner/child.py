"""The process of a run: ``python -m finetune.runner.child FOLDER``. ``finetune.runner.runs`` starts it.

Labels → lesson → training → base and adapter on the documents held back → shelf. Each step is kept in the
run's folder, so that the next process goes on after the last one that is done.

Several processes, each with a GPU or some cores of its own, share the steps of one run:
``accelerate launch --num_processes 2 -m finetune.runner.child FOLDER``. The first of them does all the rest.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from docvlm.config import Settings
from docvlm.errors import Cancelled
from docvlm.run_lock import RunLock, take_lock
from finetune.runner.request import RunRequest, load_request
from finetune.runner.runs import LOCK_OPTION, STOP_FILE, home_of
from finetune.training.events import (
    Emit,
    Event,
    Failed,
    Finished,
    Kept,
    Launched,
    Stopped,
    read_events,
    write_event,
)

if TYPE_CHECKING:  # heavy, and not needed to take the lock and to say that the run is launched
    from finetune.data.readings import Readings
    from finetune.runner.begun import BegunRun
    from finetune.runner.lesson import Lesson

LAST_WORDS_FILE = "reserve"
LAST_WORDS_BYTES = 16 * 1024
"""Kept so that a run can still say why it ended when the disk is full."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Work on the run until it is finished, stopped or failed; returns the exit code of its error."""
    options = _parse(arguments)
    folder: Path = options.folder.absolute()
    if os.environ.get("RANK", "0") != "0":
        return help_training(folder)
    lock = RunLock(options.lock) if options.lock is not None else _own_lock(folder)
    stop = StopSwitch(folder)
    try:
        return work(folder, stop, stop)
    finally:
        lock.close()


def work(folder: Path, should_stop: Callable[[], bool], should_pause: Callable[[], bool]) -> int:
    """Work on a run whose lock is held; returns the exit code of its error, 0 without one.

    Args:
        should_stop: asked between two documents.
        should_pause: asked after every step of training, and after every document that is compared. A run
            that pauses is saved and tells nobody.
    """

    def do(tell: Emit) -> None:
        def unless_pausing(event: Event) -> None:
            if not isinstance(event, Stopped) or should_stop():
                tell(event)

        request = load_request(folder)
        settings = settings_of_run(request, folder)
        try:
            run(request, folder, settings, unless_pausing, should_stop, should_pause)
        except Cancelled:
            if should_stop():
                raise

    return _with_last_words(folder, do)


def make_ready(folder: Path, should_stop: Callable[[], bool]) -> int:
    """Choose and read the documents of a run whose lock is held; returns the exit code of its error."""

    def do(tell: Emit) -> None:
        from finetune.runner.watched_readings import WatchedReadings

        request = load_request(folder)
        settings = settings_of_run(request, folder)
        with WatchedReadings(settings, should_stop) as readings:
            _lesson(request, folder, settings, readings, tell)

    return _with_last_words(folder, do)


def _with_last_words(folder: Path, do: Callable[[Emit], None]) -> int:
    """Do it; where it does not come to its end, the run's folder says why."""
    tell = Teller(folder)
    try:
        do(tell)
        return 0
    except Cancelled as stopped:
        tell(Stopped(tell.step, f"{stopped}"))
        return 0
    except Exception as error:  # noqa: BLE001 - the boundary of the process
        return _fail(error, folder, tell)


def run(
    request: RunRequest,
    folder: Path,
    settings: Settings,
    emit: Emit,
    should_stop: Callable[[], bool],
    should_pause: Callable[[], bool],
) -> None:
    """Everything that a run does, from its labels to an adapter on the shelf."""
    from finetune.runner.begun import BegunRun
    from finetune.runner.outcome import compare_on_held_out, keep_adapter, measure_base
    from finetune.runner.trained import load_trained
    from finetune.runner.watched_readings import WatchedReadings
    from finetune.training.train import ADAPTER

    with WatchedReadings(settings, should_stop) as readings:
        lesson = _lesson(request, folder, settings, readings, emit)
        begun = BegunRun(request, lesson, folder, settings, readings, emit, should_pause)
        ending = load_trained(folder)
        if ending is None:
            measure_base(begun)
            ending = _train_to_the_end(begun)
        if ending is None:
            return
        gc.collect()  # the model in training, before another one is loaded
        adapter = folder / ADAPTER
        outcome = compare_on_held_out(adapter, ending.step, begun)
        if not any(isinstance(event, Kept) for event in read_events(folder)):
            emit(keep_adapter(adapter, outcome, begun))
        emit(ending)


def _lesson(request: RunRequest, folder: Path, settings: Settings, readings: Readings, emit: Emit) -> Lesson:
    """What was chosen when the run began, chosen now where it has not."""
    from finetune.runner.lesson import load_lesson, make_lesson

    return load_lesson(folder) or make_lesson(request, folder, settings, readings, emit)


def _train_to_the_end(begun: BegunRun) -> Finished | None:
    """Train, and keep how that ended, since the run has not finished yet when training has.

    Returns:
        How it ended; None where it paused.
    """
    from finetune.runner.trained import keep_trained

    endings: list[Finished] = []

    def hold_ending(event: Event) -> None:
        endings.append(event) if isinstance(event, Finished) else begun.emit(event)

    if _train(replace(begun, emit=hold_ending)) is None:
        return None
    keep_trained(begun.folder, endings[-1])
    return endings[-1]


def help_training(folder: Path) -> int:
    """Share the steps of a run that another process is in charge of; its launcher ends both together."""
    from finetune.data.readings import Readings
    from finetune.runner.begun import BegunRun
    from finetune.runner.lesson import load_lesson
    from finetune.runner.outcome import base_is_known
    from finetune.runner.trained import load_trained

    request = load_request(folder)
    settings = settings_of_run(request, folder)
    while (lesson := load_lesson(folder)) is None or not base_is_known(folder, lesson):
        time.sleep(0.5)
    if load_trained(folder) is not None:
        return 0
    with Readings.open(settings) as readings:
        _train(BegunRun(request, lesson, folder, settings, readings, lambda _event: None, lambda: False))
    return 0


def _train(begun: BegunRun) -> Path | None:
    from docvlm.models.device import pick_device
    from finetune.runner.memory_bound import within_free_memory
    from finetune.training.train import TrainingData, train

    lesson = begun.lesson
    data = TrainingData(lesson.train, lesson.schema, lesson.validation, lesson.lines_only, lesson.watched)
    on_cpu = pick_device().type == "cpu"
    with within_free_memory() if on_cpu else contextlib.nullcontext():
        return train(
            data,
            begun.request.settings,
            begun.folder,
            begun.readings,
            begun.settings.model_cache,
            begun.emit,
            begun.should_pause,
            begun.request.checkpoint_seconds,
        )


class Teller:
    """Writes events into the run's folder. ``step`` is the last one that was done."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.step = 0
        self._reserve = folder / LAST_WORDS_FILE
        with contextlib.suppress(OSError):
            self._reserve.write_bytes(b"\0" * LAST_WORDS_BYTES)

    def __call__(self, event: Event) -> None:
        self.step = getattr(event, "step", self.step)
        if isinstance(event, Finished | Stopped | Failed):
            self._reserve.unlink(missing_ok=True)
        write_event(event, self._folder, time.time())


class StopSwitch:
    """Whether the run is to stop: asked for by a file in its folder, or by SIGTERM or SIGINT."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / STOP_FILE
        self._asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._hear)

    def __call__(self) -> bool:
        return self._asked or self._file.exists()

    def _hear(self, _number: int, _frame: object) -> None:
        self._asked = True


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m finetune.runner.child", description="Work on a run.")
    parser.add_argument("folder", type=Path, help="the run's folder, with its request")
    parser.add_argument(LOCK_OPTION, type=int, metavar="FD", help="the run's lock, where the parent took it")
    return parser.parse_args(arguments)


def _own_lock(folder: Path) -> RunLock:
    """The lock of a run that nobody else has launched."""
    lock = take_lock(folder)
    lock.sign(os.getpid())
    (folder / STOP_FILE).unlink(missing_ok=True)
    write_event(Launched(), folder, time.time())
    return lock


def settings_of_run(request: RunRequest, folder: Path) -> Settings:
    """Those of the environment over the data folder that the run lies in, with the run's model and tiles."""
    settings = Settings.from_environment({**os.environ, "DOCVLM_HOME": str(home_of(folder))})
    return replace(settings, model=request.settings.base_model, adapter=None, budget=request.settings.tiles)


def _fail(error: Exception, folder: Path, tell: Teller) -> int:
    from finetune.runner.failures import explained
    from finetune.training.checkpoints import drop_partial_checkpoints
    from finetune.training.trainer import LossNotFinite

    told = explained(error, folder)
    drop_partial_checkpoints(folder)
    tell(Failed(str(told), told.exit_code, isinstance(told, LossNotFinite)))
    with contextlib.suppress(OSError):  # the log may lie on the disk that is full
        traceback.print_exception(error)
    return told.exit_code


if __name__ == "__main__":
    sys.exit(main())
