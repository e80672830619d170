"""Tiny checkpoints and a lesson, made once for all tests of training."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from docvlm.config import Settings
from finetune.data.readings import Readings
from tests.finetune.training.families import Lesson
from tests.models.tiny_checkpoints import FAMILIES, save_tiny_checkpoint


@pytest.fixture(scope="session")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder with a random checkpoint for each family."""
    return {
        family: save_tiny_checkpoint(family, tmp_path_factory.mktemp("bases") / family) for family in FAMILIES
    }


@pytest.fixture(scope="session")
def invoice_lesson(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lesson]:
    home = tmp_path_factory.mktemp("lesson-home")
    with Readings.open(Settings(home, f"sqlite:///{home / 'docvlm.sqlite'}")) as readings:
        yield Lesson.on(samples / "invoice.pdf", readings, home)


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Models this small only lose time in handing work to threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def float32() -> Iterator[None]:
    """Checkpoints open in float32 whatever the machine is fast at: bfloat16 hides small differences."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("docvlm.models.checkpoint.pick_dtype", lambda _device: torch.float32)
        yield
