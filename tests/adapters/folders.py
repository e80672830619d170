"""Adapter folders as docvlm and peft write them, with weights of a few bytes."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from docvlm.adapters import AdapterCard, write_card


def save_adapter(folder: Path, card: AdapterCard | None = None) -> Path:
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA"}), encoding="utf-8")
    save_file({"lora_A": torch.ones(2, 2)}, folder / "adapter_model.safetensors")
    if card is not None:
        write_card(folder, card)
    return folder
