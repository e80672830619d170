"""What ended a run, as one sentence with a remedy."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from docvlm.errors import DocvlmError, LimitError
from finetune.runner.runs import LOG_FILE
from finetune.training.trainer import is_out_of_memory

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_DISK_FULL_WORDS = ("no space left", "os error 28", "disk quota", "disk is full")
_LEAST_BYTES = 2**20


def explained(error: Exception, folder: Path) -> DocvlmError:
    """The error as docvlm tells it; call it before anything in the run's folder is cleared away."""
    if is_disk_full(error, folder):
        return LimitError(
            "The disk is full; what was saved before is kept.",
            "Make space and resume the run.",
        )
    if isinstance(error, DocvlmError):
        return error
    if is_out_of_memory(error):
        return LimitError(
            "The memory ran out; what was saved before is kept.",
            "Close other programs and resume the run, or train with a smaller max_tokens or rank.",
        )
    return DocvlmError(
        f"The run ended with an error of docvlm's own ({type(error).__name__}: {error}).",
        f"{folder / LOG_FILE} has the details; what was saved before is kept, and the run can be resumed.",
    )


def is_disk_full(error: BaseException | None, folder: Path) -> bool:
    """Whether an error, or what caused it, comes from a disk without space.

    torch does not say why a file cannot be written, so for errors like its the disk itself is asked.
    """
    if not isinstance(error, DocvlmError) and shutil.disk_usage(folder).free < _LEAST_BYTES:
        return True
    while error is not None:
        if isinstance(error, OSError) and error.errno in _DISK_FULL:
            return True
        words = str(error).lower()
        if any(sign in words for sign in _DISK_FULL_WORDS):
            return True
        error = error.__cause__ or error.__context__
    return False
