"""What ended a run is one sentence; the disk is a real one without space."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from docvlm.errors import DocvlmError, InputError, LimitError
from finetune.runner.failures import explained

FULL = Path("/dev/full")
"""Every write to it fails for want of space (full(4))."""


def _with_python() -> None:
    # Opened, never replaced: a writer that renames a new file into place would take the device away.
    with FULL.open("wb") as file:
        file.write(b"event")


def _torch_saves(file: Path) -> None:
    torch.save(torch.ones(5 * 2**20), file)


def _safetensors_saves(file: Path) -> None:
    save_file({"weight": torch.ones(5 * 2**20)}, file)


def _caught(fails: Callable[[], object]) -> Exception:
    try:
        fails()
    except Exception as error:  # noqa: BLE001
        return error
    raise AssertionError("it did not fail")


@pytest.mark.skipif(not FULL.is_char_device(), reason="there is no /dev/full here")
def test_a_disk_without_space_is_told(tmp_path: Path) -> None:
    told = explained(_caught(_with_python), tmp_path)
    assert isinstance(told, LimitError) and str(told).startswith("The disk is full")
    assert told.remedy == "Make space and resume the run."


@pytest.mark.parametrize("write", [_torch_saves, _safetensors_saves])
def test_a_disk_without_space_is_told_whoever_writes_weights(
    write: Callable[[Path], None], small_disk: Path
) -> None:
    """On a file system of its own with 16 MiB."""
    told = explained(_caught(lambda: write(small_disk / "weights")), small_disk)
    assert isinstance(told, LimitError) and str(told).startswith("The disk is full")


@pytest.mark.skipif(not FULL.is_char_device(), reason="there is no /dev/full here")
def test_a_disk_without_space_is_told_where_another_error_came_of_it(tmp_path: Path) -> None:
    def fail() -> None:
        try:
            _with_python()
        except OSError as error:
            raise DocvlmError("The file cannot be written.", "Check the folder.") from error

    assert str(explained(_caught(fail), tmp_path)).startswith("The disk is full")


def test_a_lack_of_memory_is_told(tmp_path: Path) -> None:
    told = explained(_caught(lambda: torch.empty(2**50, dtype=torch.uint8)), tmp_path)
    assert isinstance(told, LimitError) and str(told).startswith("The memory ran out")
    assert told.remedy is not None and "max_tokens" in told.remedy


def test_errors_with_words_of_their_own_keep_them(tmp_path: Path) -> None:
    error = InputError("There are no labels.", "Label something.")
    assert explained(error, tmp_path) is error


def test_a_fault_of_the_program_names_itself_and_its_log(tmp_path: Path) -> None:
    told = explained(_caught(lambda: torch.zeros(2) @ torch.zeros(3)), tmp_path)
    assert "docvlm's own (RuntimeError" in str(told) and told.exit_code == 1
    assert told.remedy is not None and str(tmp_path / "log.txt") in told.remedy
