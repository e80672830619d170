"""Weights kept in 4 bits, so that a large base model fits beside what a training run needs.

NF4 with quantised constants: Dettmers et al. 2023, "QLoRA", arXiv 2305.14314. bitsandbytes does the work;
it is not among the requirements, because nothing else needs it.
"""

from __future__ import annotations

import importlib.util

import torch
from transformers import BitsAndBytesConfig

from docvlm.errors import ModelError

KEPT_WHOLE = ("lm_head", r".*\bvision_model", r".*\bvisual", r".*\bconnector")
"""Only the language model's layers are quantised: the others are small, and the connector learns in full.

Patterns from the beginning of a layer's name up to one of its dots; Qwen's connector is a part of ``visual``.
"""


def four_bit_settings(dtype: torch.dtype) -> BitsAndBytesConfig:
    """How transformers loads a checkpoint in 4 bits.

    Args:
        dtype: in which it computes.

    Raises:
        ModelError: when bitsandbytes is not installed.
    """
    if importlib.util.find_spec("bitsandbytes") is None:
        raise ModelError(
            "A model in 4 bits needs bitsandbytes, which is not installed.",
            "Install it with 'pip install bitsandbytes', or train without four_bit.",
        )
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
        llm_int8_skip_modules=[*KEPT_WHOLE],  # for 4 bits too, whatever its name says
    )
