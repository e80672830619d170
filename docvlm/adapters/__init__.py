"""Adapters that were trained on labels: what each was made for, and the shelf they are kept on."""

from docvlm.adapters.card import AdapterCard, Figure, read_card, write_card
from docvlm.adapters.registry import AdapterRegistry, KeptAdapter

__all__ = ["AdapterCard", "AdapterRegistry", "Figure", "KeptAdapter", "read_card", "write_card"]
