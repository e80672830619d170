"""Addresses of model servers, as people type them."""

from __future__ import annotations

import pytest

from docvlm.errors import ModelError
from docvlm.models.server.address import ServerAddress, is_server_address, parse_server_address


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("http://127.0.0.1:8000/v1#org/model", ServerAddress("http://127.0.0.1:8000/v1", "org/model")),
        ("http://127.0.0.1:8000/v1/", ServerAddress("http://127.0.0.1:8000/v1", None)),
        ("HTTPS://Host.example/v1#m", ServerAddress("https://host.example/v1", "m")),
    ],
)
def test_an_address_is_a_place_and_a_name(name: str, address: ServerAddress) -> None:
    assert is_server_address(name)
    assert parse_server_address(name) == address


@pytest.mark.parametrize("name", ["embedded", "org/model", "./folder", "/http/folder"])
def test_other_models_are_no_addresses(name: str) -> None:
    assert not is_server_address(name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("http://user:secret@host/v1", "DOCVLM_SERVER_KEY"),
        ("http://host/v1?key=secret", "DOCVLM_SERVER_KEY"),
        ("http:///v1", "names no host"),
        ("http://host:notaport/v1", "not understood"),
    ],
)
def test_an_address_that_cannot_be_used_is_told_without_its_secret(name: str, reason: str) -> None:
    with pytest.raises(ModelError, match=reason) as refused:
        parse_server_address(name)
    assert "secret" not in str(refused.value)
