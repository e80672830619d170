"""Addresses of model servers, as people type them."""

from __future__ import annotations

import pytest

from docvlm.errors import ModelError
from docvlm.models.server.address import ServerAddress, is_server_address, parse_server_address, server_key


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
        ("http://xn--/v1", "not understood"),
        ("http://host:99999/v1", "port 99999"),
    ],
)
def test_an_address_that_cannot_be_used_is_told_without_its_secret(name: str, reason: str) -> None:
    with pytest.raises(ModelError, match=reason) as refused:
        parse_server_address(name)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "key"), [("a-B_1", "a-B_1"), (" a-B_1\r\n", "a-B_1"), ("", None), (" ", None)]
)
def test_a_key_is_sent_without_the_line_end_of_its_file(value: str, key: str | None) -> None:
    assert server_key({"DOCVLM_SERVER_KEY": value}) == key
    assert server_key({}) is None


@pytest.mark.parametrize("value", ["clé", "one\ntwo", "one two"])
def test_a_key_that_no_request_can_carry_is_told_without_it(value: str) -> None:
    with pytest.raises(ModelError, match="DOCVLM_SERVER_KEY") as refused:
        server_key({"DOCVLM_SERVER_KEY": value})
    assert value not in str(refused.value)
