"""What programs call, by Gradio's own client and by an MCP client, in an app of its own."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pymupdf
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from docvlm.config import Settings
from docvlm.store import Store
from docvlm.ui.owners import COOKIE
from tests.batch.files import write_pdf
from tests.ui.http_browser import SECONDS, keep_document, messages_of

RADISH = ["Radish Ltd, total 61,50 EUR"]
CALLS = {"read", "ask", "ask_region", "extract", "search", "documents", "export", "delete"} | {
    *("label", "label_question", "lines", "label_line", "schemas", "schema_save", "schema_delete"),
    *(f"batch_{what}" for what in ("start", "status", "pause", "resume", "retry", "results", "delete")),
    *(f"training_{what}" for what in ("start", "status", "stop", "resume", "delete")),
    *("adapters", "adapter_use", "adapter_discard", "adapter_export", "adapter_import"),
    *("model", "model_use", "budget_use"),
}

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


def test_nothing_but_these_calls_can_be_called_by_name(client: Client) -> None:
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(named) == {f"/{name}" for name in CALLS}
    assert "words that stand on it" in named["/ask"]["description"]


def test_a_document_is_read_asked_and_extracted(client: Client, letter: bytes) -> None:
    (page,) = call(client, "read", document=as_data(letter))["pages"]
    assert page["page"] == 1 and "Turnip & Sons" in page["text"]
    answer = call(client, "ask", document=as_data(letter), question="What is the total?")
    assert answer["answer"].startswith("41.70") and answer["page"] == 1 and answer["boxes"]
    found = call(client, "extract", document=as_data(letter), schema="date:date, total:amount")
    assert found["fields"]["date"]["value"] == "2024-03-12"
    assert found["fields"]["total"]["value"] == "41.70"


def test_only_the_pages_that_are_named_are_looked_at(client: Client) -> None:
    with pymupdf.open() as document:
        for total in ("11.10", "22.20", "33.30"):
            document.new_page().insert_text((72, 72), f"Total: {total} EUR", fontsize=12)
        three = as_data(document.tobytes())
    assert [page["page"] for page in call(client, "read", document=three, pages="2-3")["pages"]] == [2, 3]
    answer = call(client, "ask", document=three, question="What is the total?", pages="3")
    assert answer["answer"].startswith("33.30") and answer["page"] == 3
    found = call(client, "extract", document=three, schema="total:amount", pages="2")
    assert found["fields"]["total"]["value"] == "22.20"
    for rubbish in ("4", "x", "3-1"):
        with pytest.raises(AppError, match="page"):
            call(client, "ask", document=three, question="What is the total?", pages=rubbish)


def test_nothing_is_kept_of_what_a_call_brought(client: Client, letter: bytes, model_home: Path) -> None:
    call(client, "read", document=as_data(letter))
    with Store.open(Settings.from_environment({"DOCVLM_HOME": str(model_home)}).database_url) as store:
        assert not store.search("turnip", 5)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("/etc/passwd", "outside the folders"),
        ("../no/such/file.pdf", "no file"),
        ("", "No file is named"),
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


@pytest.fixture(scope="module")
def stranger(address: str) -> Iterator[Client]:
    """Somebody who comes through a proxy, with no documents."""
    client = Client(address, verbose=False, headers={"X-Forwarded-For": "203.0.113.7"})
    yield client
    client.close()


@pytest.fixture(scope="module")
def visitor(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A program that sends the cookie of a browser with one document in its library, through a proxy."""
    with httpx.Client(base_url=address, timeout=SECONDS) as browser:
        browser.get("/")
        keep_document(browser, write_pdf(tmp_path_factory.mktemp("own") / "radish.pdf", RADISH), "own")
        messages_of(browser, "own")
        headers = {"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}", "X-Forwarded-For": "203.0.113.8"}
    client = Client(address, verbose=False, headers=headers)
    yield client
    client.close()


def found(client: Client, query: str) -> list[dict[str, Any]]:
    hits: list[dict[str, Any]] = call(client, "search", query=query)["hits"]
    return hits


def test_everybody_finds_and_opens_their_own_documents_only(
    client: Client, visitor: Client, stranger: Client, served: Path
) -> None:
    (own,) = found(visitor, "radish")
    assert own["name"] == "radish.pdf" and own["page"] == 1 and "Radish" in own["text"]
    assert "Radish" in call(visitor, "read", document=f"library:{own['document']}")["pages"][0]["text"]
    named = write_pdf(served / "parsnip.pdf", ["Parsnip Brothers", "Total 3.00 EUR"])
    call(client, "read", document=str(named))
    (kept,) = found(client, "parsnip")
    assert "Parsnip" in call(client, "read", document=f"library:{kept['document']}")["pages"][0]["text"]
    for other, query, number in (
        (client, "radish", own["document"]),
        (stranger, "radish", own["document"]),
        (visitor, "parsnip", kept["document"]),
        (stranger, "parsnip", kept["document"]),
    ):
        assert found(other, query) == []
        for name, more in (("read", {}), ("label", {"schema": "total", "field": "total", "value": "1"})):
            with pytest.raises(AppError, match=f"no document {number}"):
                call(other, name, document=f"library:{number}", **more)


def test_a_label_is_kept_with_its_place(visitor: Client, letter: bytes, model_home: Path) -> None:
    (own,) = found(visitor, "radish")
    document = f"library:{own['document']}"
    label = {"document": document, "schema": "seller, total:amount", "field": "total"}
    kept = call(visitor, "label", **label, value="61,50")
    assert (kept["value"], kept["page"]) == ("61.50", 1) and kept["boxes"]
    assert call(visitor, "label", **label, value="")["raw"] is None
    assert call(visitor, "label", **label, value="99,00")["page"] is None
    with Store.open(Settings.from_environment({"DOCVLM_HOME": str(model_home)}).database_url) as store:
        (record,) = store.labels(own["document"])
    assert (record.label.name, record.label.value) == ("total", "99,00")
    with pytest.raises(AppError, match="no field 'tax'"):
        call(visitor, "label", **(label | {"field": "tax"}), value="1")
    with pytest.raises(AppError, match="Nothing is kept"):
        call(visitor, "label", **(label | {"document": as_data(letter)}), value="1")


def test_the_schemas_are_listed(client: Client) -> None:
    known = {schema["name"]: schema for schema in call(client, "schemas")["schemas"]}
    assert {"receipt", "invoice", "form"} <= set(known)
    assert {"name": "total", "type": "amount"}.items() <= next(
        field for field in known["receipt"]["fields"] if field["name"] == "total"
    ).items()


def test_a_batch_is_started_and_followed_by_its_owner(
    visitor: Client, stranger: Client, served: Path
) -> None:
    started = call(visitor, "batch_start", files="library", task="read")
    deadline = time.monotonic() + 2 * SECONDS
    while True:
        (batch,) = call(visitor, "batch_status", batch=started["batch"])["batches"]
        if batch["state"] == "finished":
            break
        assert time.monotonic() < deadline and batch["state"] in ("running", "new"), batch
        time.sleep(0.2)
    assert (batch["files"], batch["done"], batch["failed"]) == (1, 1, 0)
    assert call(stranger, "batch_status")["batches"] == []
    with pytest.raises(AppError, match="no batch of this id"):
        call(stranger, "batch_status", batch=started["batch"])
    with pytest.raises(AppError, match="Only the person at the machine"):
        call(stranger, "batch_start", files=str(served), task="read")
    with pytest.raises(AppError, match="no files"):
        call(stranger, "batch_start", files="library", task="read")
    with pytest.raises(AppError, match="no task"):
        call(visitor, "batch_start", files="library", task="rm -rf")


def test_only_who_may_train_starts_and_sees_trainings(client: Client, stranger: Client) -> None:
    for name in ("training_start", "training_status"):
        with pytest.raises(AppError, match="Only the person at the machine"):
            call(stranger, name)
    assert call(client, "training_status") == {"runs": []}
    with pytest.raises(AppError, match="no such preset"):
        call(client, "training_start", preset="endless")
    with pytest.raises(AppError, match="None of your documents has a label"):  # another's has
        call(client, "training_start")


def test_a_visitor_lists_exports_and_deletes_what_a_browser_kept(visitor: Client, stranger: Client) -> None:
    (entry,) = call(visitor, "documents")["documents"]
    document = f"library:{entry['document']}"
    label = {"document": document, "schema": "total:amount", "field": "total", "value": "61,50"}
    call(visitor, "label", **label)
    assert "61.50" in call(visitor, "export", schema="total:amount")["text"]
    assert call(stranger, "documents")["documents"] == []
    with pytest.raises(AppError, match="no document"):
        call(stranger, "delete", document=document)
    assert call(visitor, "delete", document=document)["file_deleted"]
    assert call(visitor, "documents")["documents"] == [] == found(visitor, "radish")


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
    assert {name for name in CALLS if any(tool.endswith(name) for tool in tools)} == CALLS
    assert len(tools) == len(CALLS) and all("PDF" in description for description in tools.values())
    assert not result.isError
    assert json.loads(result.content[0].text)["fields"]["total"]["value"] == "41.70"
