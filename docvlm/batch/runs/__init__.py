"""Batches that run by themselves: a process each, told by the files in its folder, whoever looks."""

from docvlm.batch.runs.handle import BatchRun, BatchRuns, RunState
from docvlm.batch.runs.progress import RunProgress
from docvlm.batch.runs.request import RunRequest

__all__ = ["BatchRun", "BatchRuns", "RunProgress", "RunRequest", "RunState"]
