"""Training runs as processes of their own; see ``finetune.runner.runs``."""

from finetune.runner.request import RunRequest, load_request
from finetune.runner.runs import (
    FIRST_NAME,
    Run,
    RunStatus,
    attach,
    create,
    free_name,
    list_runs,
    named_run,
    run_name,
    runs_folder,
    start,
)

__all__ = [
    "FIRST_NAME",
    "Run",
    "RunRequest",
    "RunStatus",
    "attach",
    "create",
    "free_name",
    "list_runs",
    "load_request",
    "named_run",
    "run_name",
    "runs_folder",
    "start",
]
