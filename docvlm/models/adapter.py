"""Puts a PEFT adapter into a model."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from docvlm.adapters import read_card
from docvlm.adapters.card import WEIGHTS_FILE
from docvlm.errors import ModelError

# What peft raises for a folder that is incomplete or was made for another model.
_MISFITS = (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError)


def refuse_misfit(adapter: Path | None, model: str, base_revision: str) -> None:
    """Compare an adapter's card with the model it would be laid over, before any weight is touched.

    Raises:
        ModelError: when the adapter was trained over another model or version.
    """
    card = read_card(adapter) if adapter is not None else None
    if card is not None:
        card.refuse_other_base(model, base_revision)


def merge_adapter(model: Any, adapter: Path, base: str) -> Any:
    """``model`` with the adapter's weights added to its own, so that it costs nothing at run time.

    Args:
        adapter: a folder with ``adapter_config.json`` and ``adapter_model.safetensors``.
        base: what to call the model in an error.

    Raises:
        ModelError: when there is no such folder, it is damaged, or it does not fit the model.
    """
    from peft import PeftModel

    if not adapter.is_dir():
        raise ModelError(f"There is no adapter folder at {adapter}.", "Check the path given as adapter.")
    if not (adapter / WEIGHTS_FILE).is_file():
        raise ModelError(
            f"The adapter in {adapter} has no {WEIGHTS_FILE}.",
            "Save it again as safetensors; other formats are not opened.",
        )
    # peft asks for something by a name that transformers gives up; who runs docvlm cannot help it.
    warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
    try:
        laid = PeftModel.from_pretrained(model, adapter)
        _refuse_strange_weights(laid, adapter)
        return laid.merge_and_unload()
    except SafetensorError as error:
        raise ModelError(
            f"The adapter in {adapter} is damaged.",
            "Put it there again from a copy, or work without it.",
        ) from error
    except _MISFITS as error:
        raise ModelError(
            f"The adapter in {adapter} does not fit {base}.",
            "Use an adapter that was trained on it, or choose its own base with --model.",
        ) from error


def _refuse_strange_weights(laid: Any, adapter: Path) -> None:
    """Refuse an adapter none of whose weights has its place in the model; peft lays it over without a word.

    Raises:
        ValueError: where that is so.
    """
    from peft import get_peft_model_state_dict

    with safe_open(adapter / WEIGHTS_FILE, "pt") as weights:
        names = set(weights.keys())
    if names.isdisjoint(get_peft_model_state_dict(laid, save_embedding_layers=False)):
        raise ValueError(f"none of {len(names)} weights is the model's")
