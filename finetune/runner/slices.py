"""On ZeroGPU a run goes on in slices: for a minute on a GPU that is lent, then again where it was saved.

Steps of training and documents of the comparison after it are sliced alike. Documents are chosen and read
before, without a GPU. A thread of the app works on the run and holds its lock; stopped, killed or left
without a GPU it can be resumed like any other.
"""

from __future__ import annotations

import contextvars
import os
import threading
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from docvlm.models.lent_gpu import gpu_is_here, on_gpu
from docvlm.run_lock import RunLock
from finetune.runner import child
from finetune.training.events import Failed, Finished, Stopped, read_events, write_event

SLICE_SECONDS = 60.0
"""How long a slice trains or compares; asked after every step and every document."""

MARGIN_SECONDS = 60
"""For the start of a slice, for saving, and for the step or document that the time runs out in."""


def work_in_slices(folder: Path, lock: RunLock) -> None:
    """Begin to work on the run in a thread, which lets go of the lock in the end."""
    lock.sign(os.getpid())
    # Who pressed the button is told from the context: the GPU is lent on that person's account.
    work = partial(contextvars.copy_context().run, _work, folder, lock)
    threading.Thread(target=work, daemon=True, name=f"run-{folder.name}").start()


def _work(folder: Path, lock: RunLock) -> None:
    try:
        should_stop = (folder / child.STOP_FILE).exists
        exit_code = child.make_ready(folder, should_stop)
        while exit_code == 0 and not _is_over(folder):
            if should_stop():
                write_event(Stopped(_step(folder), "Stopped; it can be resumed."), folder, time.time())
                break
            exit_code = _on_gpu()(folder, SLICE_SECONDS)
    except Exception as error:  # noqa: BLE001 - the boundary of the run
        # The package ``spaces`` raises Gradio's errors where no GPU can be lent.
        told = f"No GPU is lent any more ({_words(error)}); it can be resumed."
        write_event(Stopped(_step(folder), told), folder, time.time())
    finally:
        lock.release()  # for processes with a GPU too, which live on for a while


def _words(error: Exception) -> str:
    """What an error says; Gradio's put their words in quotation marks."""
    return str(getattr(error, "message", error)).rstrip(".")


def _step(folder: Path) -> int:
    return max((getattr(event, "step", 0) for event in read_events(folder)), default=0)


def _is_over(folder: Path) -> bool:
    last = next(reversed(read_events(folder)), None)
    return isinstance(last, Finished | Stopped | Failed)


@cache
def _on_gpu() -> Callable[..., Any]:
    return on_gpu(work_for_a_while, lambda _folder, seconds: round(seconds) + MARGIN_SECONDS)


def work_for_a_while(folder: Path, seconds: float) -> int:
    """Work on a run until it is over or has been at it so long; returns the exit code of its error."""
    gpu_is_here()
    until = time.monotonic() + seconds
    should_stop = (folder / child.STOP_FILE).exists
    return child.work(folder, should_stop, lambda: time.monotonic() > until or should_stop())
