"""Where the weights lie that docvlm brings along, and whether they are whole."""

from __future__ import annotations

from pathlib import Path

from docvlm.errors import ModelError
from docvlm.models.calibration import CALIBRATION_FILE
from docvlm.models.checksums import damaged_files, write_checksums

_WEIGHTS = Path(__file__).parent.parent / "weights"

SHIPPED_ADAPTER = _WEIGHTS / "adapter"
"""What docvlm trained on top of the embedded language model."""

SHIPPED_VISION = _WEIGHTS / "vision"
"""The embedded model's vision tower and connector; not there while pictures make its answers no better."""


def seal(folder: Path) -> None:
    """Write down the checksums of new weights; curves that were fitted to the old ones go."""
    (folder / CALIBRATION_FILE).unlink(missing_ok=True)
    write_checksums(folder)


def refuse_damage(folder: Path) -> None:
    """Hold a folder of weights against its checksums.

    Raises:
        ModelError: when a file is missing or no longer what it was.
    """
    if damaged := damaged_files(folder):
        names = ", ".join(damaged)
        raise ModelError(
            f"The weights that docvlm brings along are damaged: {names}.", "Install docvlm again."
        )
