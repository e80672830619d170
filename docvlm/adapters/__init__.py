"""Adapters that were trained on labels: what each was made for, and the shelf they are kept on."""

from docvlm.adapters.card import AdapterCard, Figure, read_card, write_card
from docvlm.adapters.known_values import (
    NOTHING_KNOWN,
    KnownValues,
    read_known_values,
    write_known_values,
)
from docvlm.adapters.registry import AdapterRegistry, KeptAdapter

__all__ = [
    "NOTHING_KNOWN",
    "AdapterCard",
    "AdapterRegistry",
    "Figure",
    "KeptAdapter",
    "KnownValues",
    "read_card",
    "read_known_values",
    "write_card",
    "write_known_values",
]
