"""docvlm: ask and extract from PDFs and screenshots, with every answer shown on the page.

Five lines are enough::

    import docvlm

    with docvlm.open("invoice.pdf") as document:
        print(document.ask("What is the total?"))
        print(document.extract("invoice"))

Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from docvlm.cores import share_cores

if TYPE_CHECKING:
    from docvlm.pipeline import OpenDocument, Workspace

__version__ = "0.1.0"

share_cores()  # whatever imports PyTorch, imports something of docvlm before

_workspace: Workspace | None = None


def open(source: str | Path | bytes, *, name: str | None = None, password: str | None = None) -> OpenDocument:
    """Open a PDF or an image in the workspace that the environment describes.

    Args:
        source: a path, or the file's bytes (then give ``name``).
        password: for encrypted PDFs.

    Raises:
        docvlm.errors.InputError: when the file is not a readable document.
    """
    return workspace().open(source, name=name, password=password)


def workspace() -> Workspace:
    """The workspace behind ``docvlm.open``: one store and one model for this process."""
    global _workspace
    if _workspace is None:
        from docvlm.pipeline import Workspace

        _workspace = Workspace()
    return _workspace
