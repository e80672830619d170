"""Adapters of a higher rank that say what they said before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from docvlm.adapters.card import WEIGHTS_FILE
from docvlm.errors import ModelError, UsageError
from docvlm.models.shipped import refuse_damage
from finetune.widen import widen

A, B = "layer.lora_A.weight", "layer.lora_B.weight"


@pytest.fixture
def narrow(tmp_path: Path) -> Path:
    folder = tmp_path / "narrow"
    folder.mkdir()
    weights = {A: torch.randn(4, 10), B: torch.randn(6, 4)}
    save_file(weights, folder / WEIGHTS_FILE)
    (folder / "adapter_config.json").write_text(json.dumps({"r": 4, "lora_alpha": 8, "peft_type": "LORA"}))
    return folder


def update(folder: Path) -> torch.Tensor:
    """What an adapter adds to the weights of its layer."""
    weights, config = (
        load_file(folder / WEIGHTS_FILE),
        json.loads((folder / "adapter_config.json").read_text()),
    )
    return config["lora_alpha"] / config["r"] * weights[B] @ weights[A]


def test_a_wider_adapter_adds_the_same_to_the_weights(narrow: Path, tmp_path: Path) -> None:
    widen(narrow, tmp_path / "wide", rank=16)
    wide = load_file(tmp_path / "wide" / WEIGHTS_FILE)
    assert (wide[A].shape, wide[B].shape) == ((16, 10), (6, 16))
    assert torch.allclose(update(tmp_path / "wide"), update(narrow), atol=1e-6)
    refuse_damage(tmp_path / "wide")


def test_what_is_new_can_be_trained(narrow: Path, tmp_path: Path) -> None:
    widen(narrow, tmp_path / "wide", rank=16)
    wide = load_file(tmp_path / "wide" / WEIGHTS_FILE)
    # Columns of B get a gradient through rows of A that are not zero.
    assert (wide[A][4:].abs().sum(dim=1) > 0).all()
    assert wide[A][4:].abs().max() <= 10**-0.5


def test_the_same_seed_gives_the_same_rows(narrow: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        widen(narrow, tmp_path / name, rank=8)
    assert torch.equal(*(load_file(tmp_path / name / WEIGHTS_FILE)[A] for name in ("one", "two")))


def test_a_rank_that_is_not_higher_and_a_missing_adapter_are_refused(narrow: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no adapter"):
        widen(tmp_path / "nowhere", tmp_path / "out", rank=8)
    with pytest.raises(UsageError, match="has rank 4 already"):
        widen(narrow, tmp_path / "out", rank=4)
    assert not (tmp_path / "out").exists()
