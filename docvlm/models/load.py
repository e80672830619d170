"""From a model's name to an engine."""

from __future__ import annotations

from pathlib import Path

from docvlm.models.language_model import Report
from docvlm.models.protocol import Engine

EMBEDDED = "embedded"


def load_engine(
    name: str,
    model_cache: Path,
    adapter: Path | None = None,
    threads: int | None = None,
    report: Report = lambda _line: None,
) -> Engine:
    """Load the embedded model, or a checkpoint by Hub name or folder.

    Args:
        name: ``embedded``, a Hub name such as ``HuggingFaceTB/SmolVLM-256M-Instruct``, or a folder.
        report: called with one sentence for each slow step.

    Raises:
        ModelError: when the weights cannot be had or do not fit.
    """
    if name == EMBEDDED:
        from docvlm.models.embedded import EmbeddedEngine

        return EmbeddedEngine(model_cache, adapter, threads, report)
    from docvlm.models.hub import HubEngine

    return HubEngine(name, adapter=adapter, threads=threads, report=report)
