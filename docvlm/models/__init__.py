"""Engines: the embedded model and any vision-language checkpoint from the Hub or a folder."""

from docvlm.models.protocol import Engine, EngineCard, GenerationRequest, PageInput

__all__ = ["Engine", "EngineCard", "GenerationRequest", "PageInput"]
