"""What programs call, by Gradio's own client and by an MCP client, in an app of its own."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from docvlm.config import Settings
from docvlm.store import Store
from tests.ui.http_browser import SECONDS

pytestmark = pytest.mark.slow


def as_data(content: bytes) -> str:
    return "data:application/pdf;base64," + base64.b64encode(content).decode()


@pytest.fixture(scope="module")
def letter() -> bytes:
    """A page that no other test reads."""
    with pymupdf.open() as document:
        page = document.new_page()
        for row, line in enumerate(("Turnip & Sons", "Date: 12/03/2024", "Total: 41.70 EUR")):
            page.insert_text((72, 72 + 24 * row), line, fontsize=12)
        content: bytes = document.tobytes()
    return content


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def app_options(served: Path) -> list[str]:
    return ["--mcp", "--folders", str(served)]


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[Client]:
    client = Client(address, verbose=False)
    yield client
    client.close()


def call(client: Client, name: str, **arguments: str) -> Any:
    return json.loads(client.predict(**arguments, api_name=f"/{name}"))


def test_nothing_but_the_three_calls_can_be_called_by_name(client: Client) -> None:
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(named) == {"/read", "/ask", "/extract"}
    assert "words that stand on it" in named["/ask"]["description"]


def test_a_document_is_read_asked_and_extracted(client: Client, letter: bytes) -> None:
    (page,) = call(client, "read", document=as_data(letter))["pages"]
    assert page["page"] == 1 and "Turnip & Sons" in page["text"]
    answer = call(client, "ask", document=as_data(letter), question="What is the total?")
    assert answer["answer"].startswith("41.70") and answer["page"] == 1 and answer["boxes"]
    found = call(client, "extract", document=as_data(letter), schema="date:date, total:amount")
    assert found["fields"]["date"]["value"] == "2024-03-12"
    assert found["fields"]["total"]["value"] == "41.70"


def test_nothing_is_kept_of_what_a_call_brought(client: Client, letter: bytes, model_home: Path) -> None:
    call(client, "read", document=as_data(letter))
    with Store.open(Settings.from_environment({"DOCVLM_HOME": str(model_home)}).database_url) as store:
        assert not store.search("turnip", 5)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("/etc/passwd", "outside the folders"),
        ("../no/such/file.pdf", "no file"),
        ("", "no file"),
        ("data:application/pdf,plain", "no base64"),
        ("data:;base64,$$$$", "not valid base64"),
        (as_data(b"neither PDF nor picture"), "document"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(client: Client, document: str, told: str) -> None:
    with pytest.raises(AppError, match=told):
        call(client, "read", document=document)


def test_a_schema_is_never_a_file(client: Client, letter: bytes, served: Path) -> None:
    schema = served / "schema.json"
    schema.write_text('{"properties": {"total": {"type": "number"}}}')
    for text in (str(schema), "LICENSE", ""):
        with pytest.raises(AppError, match="schema"):
            call(client, "extract", document=as_data(letter), schema=text)


def test_the_person_at_this_machine_may_name_a_file(client: Client, served: Path, letter: bytes) -> None:
    file = served / "letter.pdf"
    file.write_bytes(letter)
    assert "Turnip" in call(client, "read", document=str(file))["pages"][0]["text"]


def test_nobody_else_may(address: str, served: Path, letter: bytes) -> None:
    file = served / "letter.pdf"
    file.write_bytes(letter)
    stranger = Client(address, verbose=False, headers={"X-Forwarded-For": "203.0.113.7"})
    with pytest.raises(AppError, match="Only the person at the machine"):
        call(stranger, "read", document=str(file))
    stranger.close()


def test_the_same_calls_are_mcp_tools(address: str, letter: bytes) -> None:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async def use() -> tuple[dict[str, str], Any]:
        async with (
            streamablehttp_client(f"{address.rstrip('/')}/gradio_api/mcp/") as (incoming, outgoing, _),
            ClientSession(incoming, outgoing) as session,
        ):
            await session.initialize()
            tools = {tool.name: str(tool.description) for tool in (await session.list_tools()).tools}
            name = next(name for name in tools if name.endswith("extract"))
            arguments = {"document": as_data(letter), "schema": "total:amount"}
            return tools, await session.call_tool(name, arguments)

    tools, result = asyncio.run(asyncio.wait_for(use(), 2 * SECONDS))
    assert len(tools) == 3 and all("PDF" in description for description in tools.values())
    assert not result.isError
    assert json.loads(result.content[0].text)["fields"]["total"]["value"] == "41.70"
