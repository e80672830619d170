"""The attention for packed turns, in the language part of a model and for the time of training only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from transformers import AttentionInterface

from finetune.packed_attention import NAME, packed_attention
from finetune.training.base import language_part


@contextmanager
def packed_attention_in(model: Any) -> Iterator[None]:
    """Let the language part see packed turns apart; every call then needs ``segment_lengths``."""
    AttentionInterface.register(NAME, packed_attention)
    config = language_part(model).config
    before = config._attn_implementation
    config._attn_implementation = NAME
    try:
        yield
    finally:
        config._attn_implementation = before


@contextmanager
def served_attention_in(model: Any) -> Iterator[None]:
    """Let the language part attend as in serving, inside training too."""
    config = language_part(model).config
    before = config._attn_implementation
    config._attn_implementation = "sdpa"
    try:
        yield
    finally:
        config._attn_implementation = before
