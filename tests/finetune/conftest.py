"""A data folder of its own for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from docvlm.config import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environment({"DOCVLM_HOME": str(tmp_path / "home")})
