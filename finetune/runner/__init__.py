"""Training runs as processes of their own; see ``finetune.runner.runs``."""

from finetune.runner.request import RunRequest, load_request
from finetune.runner.runs import Run, RunStatus, attach, create, free_name, list_runs, runs_folder, start

__all__ = [
    "Run",
    "RunRequest",
    "RunStatus",
    "attach",
    "create",
    "free_name",
    "list_runs",
    "load_request",
    "runs_folder",
    "start",
]
