"""Whether a server is there at all, asked with little patience: a person waits for the reply."""

from __future__ import annotations

import asyncio
import os

from docvlm.config import ServerLimits
from docvlm.models.server.address import parse_server_address, server_key
from docvlm.models.server.client import ServerClient


def demand_server(name: str, seconds: float) -> None:
    """Do nothing where a server answers at the address ``name`` within about ``seconds``.

    Raises:
        ModelError: when none does, or what answers is no OpenAI-compatible server.
    """
    limits = ServerLimits(connect_seconds=seconds, silence_seconds=seconds, patience_seconds=seconds)
    client = ServerClient(parse_server_address(name), limits, server_key(os.environ))

    async def ask() -> None:
        try:
            await client.models()
        finally:
            await client.close()

    asyncio.run(ask())
