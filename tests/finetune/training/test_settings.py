"""Settings are checked once, explained, and come back as they were saved."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from docvlm.errors import UsageError
from finetune.training.settings import PRESETS, Method, TrainingSettings, help_texts, load_settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "full"},
        {"schedule": "steps"},
        {"rank": 0},
        {"alpha": 1.5},
        {"dropout": 1.0},
        {"warmup": -0.1},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"epochs": float("inf")},
        {"minutes": 0},
        {"max_tokens": 10},
        {"noise": -1.0},
        {"noise": float("inf")},
        {"smallest_scale": 0.0},
        {"smallest_scale": 1.1},
        {"kept_share": 0.0},
        {"kept_share": 1.5},
        {"split_share": 1.1},
        {"text_only_share": 1.0},
        {"absent_share": -0.1},
        {"paraphrases": -1},
        {"tiles": "many"},
        {"threads": 0},
        {"language": False, "vision": False, "connector": False},
    ],
)
def test_what_cannot_be_is_refused_with_a_remedy(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        TrainingSettings(**wrong)
    assert caught.value.remedy


def test_settings_come_back_as_they_were_saved(tmp_path: Path) -> None:
    settings = TrainingSettings(method=Method.DORA, targets=("q_proj", "v_proj"), minutes=5.0, noise=5.0)
    settings.save(tmp_path)
    assert load_settings(tmp_path) == settings
    assert isinstance(load_settings(tmp_path).method, Method)


@pytest.mark.parametrize("text", ["{", "[]", '{"rank": 8, "colour": "red"}'])
def test_a_file_that_holds_no_settings_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.json").write_text(text)
    with pytest.raises(UsageError, match="not training settings"):
        load_settings(tmp_path)


def test_every_setting_is_explained() -> None:
    texts = help_texts()
    assert [*texts] == [item.name for item in fields(TrainingSettings)]
    assert all(text.endswith(".") and len(text) < 120 for text in texts.values())


def test_presets_differ_in_how_long_they_take() -> None:
    quick, balanced, thorough = (TrainingSettings.preset(name) for name in PRESETS)
    assert quick.epochs < balanced.epochs < thorough.epochs
    with pytest.raises(UsageError, match="no preset"):
        TrainingSettings.preset("slow")
