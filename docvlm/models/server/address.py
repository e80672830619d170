"""Which server, and which of its models: ``http://host:port/v1#model-name``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from docvlm.errors import ModelError

KEY_VARIABLE = "DOCVLM_SERVER_KEY"

_LAST_PORT = 65535
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
        host = url.host
    except (httpx.InvalidURL, ValueError) as error:  # ValueError for a host that is no name in any script
        raise ModelError("The address of the model server is not understood.", _REMEDY) from error
    if url.port is not None and not 0 < url.port <= _LAST_PORT:
        raise ModelError(f"The address of the model server has the port {url.port}.", "Ports end at 65535.")
    if not host:
        raise ModelError("The address of the model server names no host.", _REMEDY)
    if url.userinfo or url.query:
        raise ModelError(
            "The address of the model server holds more than a place and a name.",
            f"{_REMEDY} Give a key in the environment variable {KEY_VARIABLE}.",
        )
    base = str(url.copy_with(fragment=None)).rstrip("/")
    return ServerAddress(base, url.fragment or None)


def server_key(environment: Mapping[str, str]) -> str | None:
    """The key that a server is sent, without white space around it, as files of secrets end with a line.

    Raises:
        ModelError: when it holds what no key can, and no request can carry.
    """
    key = environment.get(KEY_VARIABLE, "").strip()
    if not all("!" <= character <= "~" for character in key):
        raise ModelError(
            f"The key in {KEY_VARIABLE} holds characters that no key has.",
            "Set it again: letters, digits and signs of ASCII, without spaces.",
        )
    return key or None
