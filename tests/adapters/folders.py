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


def save_trained_adapter(checkpoint: Path, folder: Path, card: AdapterCard) -> Path:
    """A real PEFT adapter for a tiny checkpoint of Idefics2."""
    from peft import LoraConfig, get_peft_model
    from transformers import Idefics2ForConditionalGeneration

    torch.manual_seed(0)
    model = Idefics2ForConditionalGeneration.from_pretrained(checkpoint)
    adapted = get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False))
    adapted.save_pretrained(folder)
    write_card(folder, card)
    return folder
