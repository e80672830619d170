"""A small invoice for each test."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from finetune.data.documents import LabelledDocument


@pytest.fixture
def invoice(samples: Path, tmp_path: Path) -> LabelledDocument:
    """The sample invoice, whose words come from its text layer, without labels."""
    path = tmp_path / "invoice.pdf"
    shutil.copy(samples / "invoice.pdf", path)
    return LabelledDocument(hashlib.sha256(path.read_bytes()).hexdigest(), path.name, path)
