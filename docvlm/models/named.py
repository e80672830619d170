"""What the name of a checkpoint stands for: a folder of this machine, or a name on the Hub."""

from __future__ import annotations

from pathlib import Path

from docvlm.errors import ModelError


def existing_folder(name: str) -> Path | None:
    """The folder that ``name`` stands for, or None where it is a name on the Hub.

    Raises:
        ModelError: when it is neither.
    """
    try:
        folder = Path(name).expanduser()
        if folder.is_dir():
            return folder
    except (OSError, RuntimeError, ValueError):  # too long for a path, or the home of somebody unknown
        pass
    if name.startswith((".", "/", "~")) or name.count("/") != 1 or "\\" in name:
        raise ModelError(
            f"There is no model folder at '{name}'.",
            "Give 'embedded', an existing folder or a Hub name such as HuggingFaceTB/SmolVLM-256M-Instruct.",
        )
    return None
