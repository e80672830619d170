"""Where the weights lie that docvlm brings along."""

from __future__ import annotations

from pathlib import Path

_WEIGHTS = Path(__file__).parent.parent / "weights"

SHIPPED_ADAPTER = _WEIGHTS / "adapter"
"""What docvlm trained on top of the embedded language model."""

SHIPPED_VISION = _WEIGHTS / "vision"
"""The embedded model's vision tower and connector; not there while pictures make its answers no better."""
