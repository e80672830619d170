"""Another model for everybody, loaded while the one before goes on answering."""

from __future__ import annotations

from pathlib import Path

from docvlm.errors import ModelError
from docvlm.models.protocol import Engine
from docvlm.models.server.address import is_server_address
from docvlm.models.server.reach import demand_server
from docvlm.pipeline import Workspace
from docvlm.ui.engine_loader import EngineLoader

LONGEST_NAME = 400
_SERVER_SECONDS = 10.0


def refuse_missing_folder(name: str) -> None:
    """What is to be a folder of this machine is not looked for on the Hub.

    Raises:
        ModelError: when there is no such folder.
    """
    try:
        is_there = Path(name).expanduser().is_dir()
    except (OSError, RuntimeError, ValueError):
        is_there = False
    if not is_there:
        raise ModelError(f"There is no folder {name}.", "Check the path.")


def begin_model(workspace: Workspace, loader: EngineLoader, name: str) -> None:
    """Have the loader change to a model, until the app ends; a server that is not there is told at once.

    Raises:
        UsageError: when another change is not over yet.
    """

    def switched() -> Engine:
        if is_server_address(name):
            demand_server(name, _SERVER_SECONDS)
        workspace.use_model(name)
        return workspace.engine

    loader.change(switched)
