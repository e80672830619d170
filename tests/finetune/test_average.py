"""Means of adapters."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from docvlm.adapters.card import WEIGHTS_FILE
from docvlm.errors import ModelError
from finetune.average import average, main


def adapter(folder: Path, value: float, columns: int = 2) -> Path:
    folder.mkdir()
    save_file({"lora_A": torch.full((3, columns), value, dtype=torch.bfloat16)}, folder / WEIGHTS_FILE)
    (folder / "adapter_config.json").write_text(f'{{"r": {columns}}}')
    return folder


def test_the_mean_lies_between_two_adapters(tmp_path: Path) -> None:
    before, after = adapter(tmp_path / "before", 1.0), adapter(tmp_path / "after", 3.0)
    average(before, after, tmp_path / "half")
    average(before, after, tmp_path / "quarter", share=0.25)
    assert load_file(tmp_path / "half" / WEIGHTS_FILE)["lora_A"].tolist() == [[2.0, 2.0]] * 3
    assert load_file(tmp_path / "quarter" / WEIGHTS_FILE)["lora_A"].dtype == torch.bfloat16
    assert load_file(tmp_path / "quarter" / WEIGHTS_FILE)["lora_A"].tolist() == [[1.5, 1.5]] * 3
    assert (tmp_path / "half" / "adapter_config.json").read_text() == '{"r": 2}'


def test_it_may_be_written_over_one_of_the_two(tmp_path: Path) -> None:
    before, after = adapter(tmp_path / "before", 1.0), adapter(tmp_path / "after", 3.0)
    average(before, after, after)
    assert load_file(after / WEIGHTS_FILE)["lora_A"].tolist() == [[2.0, 2.0]] * 3


def test_adapters_of_other_shapes_are_refused(tmp_path: Path) -> None:
    before, after = adapter(tmp_path / "before", 1.0), adapter(tmp_path / "after", 3.0, columns=4)
    with pytest.raises(ModelError, match="differ in shape"):
        average(before, after, tmp_path / "out")
    with pytest.raises(ModelError, match="no adapter"):
        average(before, tmp_path / "nowhere", tmp_path / "out")


def test_the_command_says_what_is_wrong_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = str(tmp_path / "nowhere")
    monkeypatch.setattr("sys.argv", ["average", nowhere, nowhere, "--out", str(tmp_path / "out")])
    assert main() == ModelError.exit_code
    assert capsys.readouterr().err.startswith("docvlm: There is no adapter in ")
