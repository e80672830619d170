"""Another model for everybody, loaded while the one before goes on answering."""

from __future__ import annotations

from docvlm.models.protocol import Engine
from docvlm.models.server.address import is_server_address
from docvlm.models.server.reach import demand_server
from docvlm.pipeline import Workspace
from docvlm.ui.engine_loader import EngineLoader

_SERVER_SECONDS = 10.0


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
