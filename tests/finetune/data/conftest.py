"""A data folder of its own for each test, with a small invoice in it."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from docvlm.config import Settings
from finetune.data.documents import LabelledDocument


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environment({"DOCVLM_HOME": str(tmp_path / "home")})


@pytest.fixture
def invoice(samples: Path, tmp_path: Path) -> LabelledDocument:
    """The sample invoice, whose words come from its text layer, without labels."""
    path = tmp_path / "invoice.pdf"
    shutil.copy(samples / "invoice.pdf", path)
    return LabelledDocument(hashlib.sha256(path.read_bytes()).hexdigest(), path.name, path)
