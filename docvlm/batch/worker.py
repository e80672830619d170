"""A worker process: ``python -m docvlm.batch.worker``. Does units one after the other.

Gets a ``WorkerSetup`` and then units on standard input, answers on standard output. It ends as soon as
its input does, also in the middle of a page, so it never outlives the process that started it.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import threading
from typing import BinaryIO

from docvlm.batch.executor import Stage, WorkerSetup
from docvlm.batch.messages import Broken, Ready, StopRequest
from docvlm.batch.units import Unit
from docvlm.batch.work import do_unit
from docvlm.child_process import take_over_standard_streams
from docvlm.errors import DocvlmError
from docvlm.ingest import WorkerPool
from docvlm.pipeline import Workspace
from docvlm.telemetry import flush_spans, go_on_observing, log_event


def main() -> None:
    """Serve one parent until it closes the pipe."""
    requests, replies = take_over_standard_streams()
    setup: WorkerSetup = pickle.load(requests)  # noqa: S301 - from the parent
    _be_modest(setup)
    units: queue.SimpleQueue[Unit] = queue.SimpleQueue()
    cancel = threading.Event()
    threading.Thread(target=_listen, args=(requests, units, cancel), daemon=True).start()

    def tell(message: object) -> None:
        try:
            replies.write(pickle.dumps(message))
            replies.flush()
        except OSError:
            os._exit(0)  # nobody listens any more

    try:
        parsers = WorkerPool(keep=2)
        with go_on_observing(setup.observed), Workspace(setup.settings, parsers=parsers) as workspace:
            log_event("worker.started", stage=setup.stage)
            tell(Ready(workspace.engine.card if setup.stage is Stage.MODEL else None))
            while True:
                unit = units.get()
                result = do_unit(workspace, unit, tell, password=setup.password, cancel=cancel)
                flush_spans()  # the worker is ended without notice
                tell(result)
    except DocvlmError as error:
        tell(Broken(type(error).__name__, error.message, error.remedy))


def _listen(requests: BinaryIO, units: queue.SimpleQueue[Unit], cancel: threading.Event) -> None:
    while True:
        try:
            request = pickle.load(requests)  # noqa: S301 - from the parent
        except (EOFError, OSError, pickle.UnpicklingError):
            os._exit(0)
        if isinstance(request, StopRequest):
            cancel.set()
        else:
            units.put(request)


def _be_modest(setup: WorkerSetup) -> None:
    """Few threads, and behind whatever else the machine is asked to do."""
    import cv2

    os.environ["DOCVLM_THREADS"] = str(setup.settings.threads or 1)
    cv2.setNumThreads(setup.settings.threads or 1)
    with contextlib.suppress(OSError, AttributeError):
        os.nice(setup.niceness)


if __name__ == "__main__":
    main()
