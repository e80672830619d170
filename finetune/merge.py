"""An adapter laid into its base for good: full weights that any transformers program opens."""

from __future__ import annotations

import shutil
from pathlib import Path

from docvlm.adapters import read_card
from docvlm.errors import ModelError, UsageError
from docvlm.models.load import load_engine
from docvlm.models.prefix_engine import PrefixEngine


def merge_into_full_weights(adapter: Path, target: Path, model_cache: Path) -> Path:
    """Write base and adapter as one model folder (safetensors, tokenizer, image settings).

    Args:
        adapter: an adapter folder with docvlm's card, which names the base.
        target: a folder that does not exist yet.

    Raises:
        ModelError: when the adapter has no card, its base cannot be loaded, or runs on a server.
        UsageError: when ``target`` exists.
    """
    card = read_card(adapter)
    if card is None:
        raise ModelError(
            f"The adapter in {adapter} does not say which model it belongs to.",
            "Merge it with peft's merge_and_unload, over the model you know it for.",
        )
    return write_full_weights(card.base_model, target, model_cache, adapter)


def write_full_weights(model: str, target: Path, model_cache: Path, adapter: Path | None = None) -> Path:
    """Write a model as it is served: the base that adapters were trained over, or with one merged in.

    Raises:
        ModelError: when the model cannot be loaded, or runs on a server.
        UsageError: when ``target`` exists.
    """
    if target.exists():
        raise UsageError(f"{target} exists already.", "Give a new folder.")
    engine = load_engine(model, model_cache, adapter)
    scratch = target.with_name(f".{target.name}.part")
    try:
        if not isinstance(engine, PrefixEngine):
            raise ModelError(f"'{model}' does not run here.", "Merge where its weights are.")
        engine.save(scratch)
        scratch.rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        engine.close()
    return target
