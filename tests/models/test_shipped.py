"""The weights that docvlm brings along are whole, and damage is told before they are used."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from docvlm.adapters.card import WEIGHTS_FILE
from docvlm.errors import ModelError
from docvlm.models.calibration import CALIBRATION_FILE, UNCALIBRATED, read_calibration, write_calibration
from docvlm.models.checksums import has_checksums
from docvlm.models.embedded import EmbeddedEngine
from docvlm.models.shipped import SHIPPED_ADAPTER, refuse_damage, seal


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(SHIPPED_ADAPTER, tmp_path / "adapter"))


def test_what_is_shipped_is_whole_and_calibrated() -> None:
    assert has_checksums(SHIPPED_ADAPTER)
    refuse_damage(SHIPPED_ADAPTER)
    assert read_calibration(SHIPPED_ADAPTER / CALIBRATION_FILE) != UNCALIBRATED


@pytest.mark.parametrize("name", [WEIGHTS_FILE, CALIBRATION_FILE])
def test_a_file_that_changed_or_is_gone_is_named(shipped: Path, name: str) -> None:
    _flip_a_bit(shipped / name)
    with pytest.raises(ModelError, match=f"are damaged: {name}"):
        refuse_damage(shipped)
    (shipped / name).unlink()
    with pytest.raises(ModelError, match=f"are damaged: {name}"):
        refuse_damage(shipped)


def test_new_weights_lose_the_curves_of_the_old(shipped: Path) -> None:
    (shipped / WEIGHTS_FILE).write_bytes(b"new")
    write_calibration(shipped / CALIBRATION_FILE, UNCALIBRATED)
    seal(shipped)
    assert not (shipped / CALIBRATION_FILE).exists()
    refuse_damage(shipped)


@pytest.mark.slow
def test_damaged_weights_are_not_used(model_home: Path, shipped: Path) -> None:
    _flip_a_bit(shipped / WEIGHTS_FILE)
    with pytest.raises(ModelError, match="Install docvlm again"):
        EmbeddedEngine(model_home / "models", shipped_adapter=shipped)


def _flip_a_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
