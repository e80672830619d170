"""From a model's name to an engine."""

from __future__ import annotations

from pathlib import Path

from docvlm.config import ServerLimits
from docvlm.errors import ModelError
from docvlm.model_names import EMBEDDED
from docvlm.models.language_model import Report
from docvlm.models.protocol import Engine
from docvlm.models.server.address import is_server_address


def load_engine(
    name: str,
    model_cache: Path,
    adapter: Path | None = None,
    threads: int | None = None,
    report: Report = lambda _line: None,
    server: ServerLimits | None = None,
) -> Engine:
    """Load the embedded model, a checkpoint by Hub name or folder, or connect to a server.

    Args:
        name: ``embedded``, a Hub name such as ``HuggingFaceTB/SmolVLM-256M-Instruct``, a folder, or the
            address of an OpenAI-compatible server such as ``http://127.0.0.1:8000/v1#model``.
        report: called with one sentence for each slow step.
        server: how to treat a server.

    Raises:
        ModelError: when the weights cannot be had or do not fit, or the server cannot be used.
    """
    if is_server_address(name):
        if adapter is not None:
            raise ModelError(
                "An adapter cannot be put into a model that a server runs.",
                "Give the adapter to the server, and leave out --adapter and DOCVLM_ADAPTER.",
            )
        from docvlm.models.server.engine import ServerEngine

        return ServerEngine(name, server, report)
    if name == EMBEDDED:
        from docvlm.models.embedded import EmbeddedEngine

        return EmbeddedEngine(model_cache, adapter, threads, report)
    from docvlm.models.hub import HubEngine

    return HubEngine(name, adapter=adapter, threads=threads, report=report)
