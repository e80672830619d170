"""What an adapter is, in words, for whoever gets it without docvlm."""

from __future__ import annotations

import re

from docvlm.adapters.card import AdapterCard
from docvlm.model_names import EMBEDDED

_HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


def readme(card: AdapterCard) -> str:
    """A model card in markdown, with the front matter that the Hub reads."""
    head = ["---", "library_name: peft"]
    if _HUB_NAME.fullmatch(card.base_model):
        head.append(f"base_model: {card.base_model}")
    parts = [
        "\n".join([*head, "---"]),
        f"# {card.name}",
        f"A PEFT adapter that docvlm trained over {_base(card)}{_amount(card)}.",
        _figures(card),
        _loading(card),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _base(card: AdapterCard) -> str:
    name = "docvlm's embedded model" if card.base_model == EMBEDDED else f"`{card.base_model}`"
    tiles = f", pages cut into `{card.tiling}` tiles" if card.tiling else ""
    return f"{name} (version `{card.base_revision}`{tiles})"


def _amount(card: AdapterCard) -> str:
    return "" if card.documents is None else f", on {card.documents} labelled documents"


def _figures(card: AdapterCard) -> str:
    if not card.figures:
        return "It was not judged on held-out documents."
    rows = [f"| {figure.name} | {figure.before:.3f} | {figure.after:.3f} |" for figure in card.figures]
    won = "It won over its base" if card.promoted else "It did not win over its base"
    table = "\n".join(["| share right | without | with |", "| --- | --- | --- |", *rows])
    return f"{won} on documents held out from training.\n\n{table}"


def _loading(card: AdapterCard) -> str:
    if card.base_model == EMBEDDED:
        base = "BASE"
        first = (
            "The base is SmolLM2-135M-Instruct with docvlm's own adapter merged in, not SmolLM2 alone; "
            "`python -m finetune adapters merge none BASE` writes it.\n\n"
        )
        model = "AutoModelForCausalLM"
    else:
        base, first, model = card.base_model, "", "AutoModelForImageTextToText"
    return (
        f"{first}```python\n"
        "from peft import PeftModel\n"
        f"from transformers import {model}\n\n"
        f'base = {model}.from_pretrained("{base}")\n'
        'model = PeftModel.from_pretrained(base, "THIS_FOLDER")\n'
        "```\n\n"
        "Or in docvlm: `python -m finetune adapters import THIS_FOLDER`."
    )
