"""The process of a run: ``python -m docvlm.batch.runs.child FOLDER estimate|run|retry``.

A password for encrypted PDFs comes as a line on standard input, so that nobody sees it among the processes.
It outlives whoever started it. SIGTERM ends it after the pages in flight; the run can then be resumed.
"""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path
from types import FrameType

from docvlm.batch.estimate import estimate
from docvlm.batch.run import run_batch
from docvlm.batch.runs.progress import Recorder, RunEnd, write_end, write_estimate
from docvlm.batch.runs.request import RunRequest
from docvlm.config import Settings
from docvlm.errors import Cancelled, DocvlmError
from docvlm.telemetry import observe

ESTIMATE, RUN, RETRY = "estimate", "run", "retry"


def main(folder: Path, step: str) -> int:
    """Do one step of the run in ``folder``; returns the exit status."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        end = _do(folder, step)
    except Cancelled:
        end = RunEnd("paused")
    except DocvlmError as error:
        end = RunEnd("failed", str(error))
    except Exception as error:
        logging.getLogger(__name__).exception("the batch ended unexpectedly")
        end = RunEnd(
            "failed", f"Something went wrong ({type(error).__name__}). The log in {folder} says more."
        )
    write_end(folder, end)
    return 0 if end.state == "finished" else 1


def _do(folder: Path, step: str) -> RunEnd:
    request = RunRequest.read(folder)
    settings = request.settings(Settings.from_environment())
    password = sys.stdin.readline().rstrip("\n") or None
    options = request.options(folder, settings, retry_failed=step == RETRY, password=password)
    if step == ESTIMATE:
        write_estimate(folder, estimate(options, settings))
        return RunEnd("estimated")
    recorder = Recorder(folder)
    with observe("batch run", settings.log_file, settings.run_id):
        summary = run_batch(options, settings, watch=recorder.watch)
    recorder.write(summary.totals, list(summary.outcomes))
    return RunEnd("paused" if summary.stopped else "finished")


def _stop(_number: int, _frame: FrameType | None) -> None:
    """Until the batch listens itself: end at once, with all that was begun taken down."""
    raise Cancelled


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
