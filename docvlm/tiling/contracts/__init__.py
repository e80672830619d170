"""How published checkpoints want a page cut, to the letter.

Each contract is one checkpoint family's own preprocessing, in the same two steps as the native
strategy: a plan first, then pixels. Sizes follow the floating-point arithmetic of transformers'
image processors, so that crops, their order and the number of tokens are theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PIL import Image

from docvlm.errors import ModelError
from docvlm.tiling.contracts.base import Contract, Normalisation, PageTensors, Resize, pillow_resize
from docvlm.tiling.contracts.idefics2 import Idefics2Contract
from docvlm.tiling.contracts.idefics3 import Idefics3Contract
from docvlm.tiling.contracts.qwen import QwenContract

__all__ = [
    "Contract",
    "Idefics2Contract",
    "Idefics3Contract",
    "Normalisation",
    "PageTensors",
    "QwenContract",
    "Resize",
    "contract_for",
    "pillow_resize",
]


def contract_for(
    model_type: str, settings: Mapping[str, Any], tokens_per_view: int, blank_line_tokens: int = 1
) -> Contract:
    """The contract of a checkpoint.

    Args:
        model_type: ``model_type`` of its configuration.
        settings: what its image processor was saved with (``preprocessor_config.json``).
        tokens_per_view: visual tokens of one view (not used by Qwen).
        blank_line_tokens: how many tokens the checkpoint's tokenizer makes of two line breaks.

    Raises:
        ModelError: for a family that has no contract here, or settings that are not that family's.
    """
    try:
        return _contract(model_type, settings, tokens_per_view, blank_line_tokens)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"The image settings of this {model_type} checkpoint are not understood.",
            "Fetch the checkpoint again, with its preprocessor_config.json.",
        ) from error


def _contract(
    model_type: str, settings: Mapping[str, Any], tokens_per_view: int, blank_line_tokens: int
) -> Contract:
    size = settings["size"]
    resampling = Image.Resampling(settings["resample"])
    normalisation = Normalisation.from_settings(settings)
    if model_type == "idefics2":
        return Idefics2Contract(
            shortest_edge=size["shortest_edge"],
            longest_edge=size["longest_edge"],
            split=settings["do_image_splitting"],
            tokens_per_view=tokens_per_view,
            resampling=resampling,
            normalisation=normalisation,
        )
    if model_type in ("idefics3", "smolvlm"):
        return Idefics3Contract(
            longest_edge=size["longest_edge"],
            tile_size=settings["max_image_size"]["longest_edge"],
            split=settings["do_image_splitting"],
            tokens_per_view=tokens_per_view,
            blank_line_tokens=blank_line_tokens,
            resampling=resampling,
            normalisation=normalisation,
        )
    if model_type in ("qwen2_vl", "qwen2_5_vl"):
        return QwenContract(
            min_pixels=size["shortest_edge"],
            max_pixels=size["longest_edge"],
            patch_size=settings["patch_size"],
            merge_size=settings["merge_size"],
            temporal_patch_size=settings["temporal_patch_size"],
            resampling=resampling,
            normalisation=normalisation,
        )
    raise ModelError(
        f"docvlm does not know how models of type {model_type} want their pages cut.",
        "Use an Idefics2, Idefics3, SmolVLM or Qwen2.5-VL checkpoint.",
    )
