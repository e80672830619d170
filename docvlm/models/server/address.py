"""Which server, and which of its models: ``http://host:port/v1#model-name``."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from docvlm.errors import ModelError

KEY_VARIABLE = "DOCVLM_SERVER_KEY"

_SCHEMES = ("http://", "https://")
_REMEDY = "Write it as http://host:port/v1#model-name."


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where requests go.

    Attributes:
        url: the base of the interface, without a slash at its end (``http://127.0.0.1:8000/v1``).
        model: the name of the model on the server; None for the only one it has.
    """

    url: str
    model: str | None

    @property
    def host(self) -> str:
        return httpx.URL(self.url).host


def is_server_address(name: str) -> bool:
    """Whether the name of a model is the address of a server."""
    return name.lower().startswith(_SCHEMES)


def parse_server_address(name: str) -> ServerAddress:
    """Take an address apart.

    Raises:
        ModelError: when it is no URL, or holds a password, which would be stored with every answer.
    """
    try:
        url = httpx.URL(name)
    except httpx.InvalidURL as error:
        raise ModelError("The address of the model server is not understood.", _REMEDY) from error
    if not url.host:
        raise ModelError("The address of the model server names no host.", _REMEDY)
    if url.userinfo or url.query:
        raise ModelError(
            "The address of the model server holds more than a place and a name.",
            f"{_REMEDY} Give a key in the environment variable {KEY_VARIABLE}.",
        )
    base = str(url.copy_with(fragment=None)).rstrip("/")
    return ServerAddress(base, url.fragment or None)
