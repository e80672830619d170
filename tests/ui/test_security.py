"""What the real app answers to those who mean it ill, by plain HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from docvlm.ui.gate import Tabs, is_open, is_own_origin, tab_of
from tests.ui.http_browser import SECONDS, callback_of, join, keep_document, messages_of, upload

MOST_BYTES = 1_000_000
NO_MODEL = "no-such-model"
POLL_SECONDS = 1.0
PATHS = [
    "/etc/passwd",
    "../../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "file:///etc/passwd",
    "app.py",
]
CHOICES = [
    None,
    [],
    "document:1",
    {"choice": {"nested": [1]}},
    {"choice": "document:" + "9" * 40, "values": 7, "fields": [{"type": []}], "document": {}},
    {"choice": "open:../../etc/passwd", "form": "unlock:99", "password": "x\0", "region": {"page": 1e99}},
    {"choice": "export:../../etc/passwd:1", "kind": "folder", "folder": "/etc", "source": "folder"},
    {"choice": "<script>alert(1)</script>:1", "action": "save", "name": "../../evil", "step": "start"},
    {"choice": "run:../../../etc", "question": "\ud7ff" * 3, "task": "ask", "pages": "1-999999999999"},
]


@pytest.fixture(scope="module")
def app_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    none = str(tmp_path_factory.mktemp("none") / NO_MODEL)
    return {"DOCVLM_MODEL": none, "DOCVLM_LIMIT_FILE_BYTES": str(MOST_BYTES)}


@pytest.fixture(scope="module")
def app_options(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The folders that are offered at the machine are not those of whoever runs the tests."""
    return ["--folders", str(tmp_path_factory.mktemp("offered"))]


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    """One browser, with the cookie of its own."""
    with httpx.Client(base_url=address, timeout=SECONDS) as browser:
        assert browser.get("/").status_code == 200
        assert "docvlm_owner" in browser.cookies
        yield browser


def is_clean(text: str) -> bool:
    """Whether an answer tells neither a traceback nor where anything lies on this machine."""
    secrets = (
        "Traceback",
        "site-packages",
        str(Path(__file__).parents[2]),
        "root:x:0",
        f"{Path.home()}/",
    )
    return not any(secret in text for secret in secrets)


@pytest.mark.parametrize("path", [*PATHS, "http://example.org/", "http://127.0.0.1:1/"])
@pytest.mark.parametrize("route", ["gradio_api/file=", "file=", "gradio_api/file/", "gradio_api/proxy="])
def test_no_route_hands_out_a_file_by_its_path(client: httpx.Client, route: str, path: str) -> None:
    reply = client.get(route + path)
    assert reply.status_code == 404 and is_clean(reply.text)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("route", ["static/", "assets/", "gradio_api/custom_component/x/client/y/"])
def test_routes_of_fixed_files_do_not_leave_their_folder(client: httpx.Client, route: str, path: str) -> None:
    reply = client.get(route + path)
    assert reply.status_code in (403, 404) and is_clean(reply.text)


def test_an_upload_is_reached_by_nobody_through_an_address(client: httpx.Client, address: str) -> None:
    (kept,) = upload(client, "../../../evil<b>.pdf").json()
    assert ".." not in kept and "<" not in Path(kept).name
    with httpx.Client(base_url=address) as stranger:
        for browser in (client, stranger):
            assert browser.get(f"gradio_api/file={kept}").status_code == 404


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"])
def test_pages_of_other_sites_are_refused(client: httpx.Client, origin: str) -> None:
    for route in ("gradio_api/queue/join", "gradio_api/run/x", "gradio_api/upload", "gradio_api/cancel"):
        reply = client.post(route, headers={"origin": origin}, json={"data": []})
        assert reply.status_code == 403 and "another site" in reply.text
    assert client.get("config", headers={"origin": origin}).status_code == 403


def test_the_pages_own_requests_pass(client: httpx.Client, address: str) -> None:
    reply = client.get("config", headers={"origin": address.rstrip("/")})
    assert reply.status_code == 200
    assert is_own_origin(
        {"host": "inner:7860", "x-forwarded-host": "Me.example", "origin": "https://me.example"}
    )
    assert not is_own_origin({"host": "", "origin": "null"})
    assert is_open("/") and is_open("/gradio_api/queue/join") and not is_open("/gradio_api/component_server")


def test_nothing_that_was_sent_to_any_callback_breaks_it(client: httpx.Client) -> None:
    """Every callback of the page gets every hostile event; each answers, and tells nothing."""
    known = client.get("config").json()["dependencies"]
    assert len(known) > 30
    for number, event in enumerate(CHOICES):
        tab = f"hostile{number}"
        programs = []
        for entry in known:
            data = [None] * len(entry["inputs"])
            joined = join(client, entry["id"], data, event, tab)
            assert joined.status_code == 200, (entry["id"], joined.text)
            if entry["api_visibility"] == "public":
                programs.append(joined.json()["event_id"])
        told = messages_of(client, tab)
        assert is_clean(told)
        failed = [line for line in told.splitlines() if '"success":false' in line]
        # The calls for programs refuse what they cannot understand, and say so; nothing else fails.
        others = [line for line in failed if not any(call in line for call in programs)]
        assert others == [], (event, others[:3])
        assert not any("Something went wrong" in line for line in failed)


def test_where_the_model_lies_is_told_to_no_visitor(address: str) -> None:
    """Every callback is called by somebody from elsewhere, and again once the model has failed to load."""
    deadline = time.monotonic() + SECONDS
    with httpx.Client(
        base_url=address, timeout=SECONDS, headers={"X-Forwarded-For": "203.0.113.7"}
    ) as visitor:
        visitor.get("/")
        known = visitor.get("config").json()["dependencies"]
        clocks = [entry for entry in known if any(event == "tick" for _, event in entry["targets"])]
        told = _all_told(visitor, known)
        while "There is no model folder" not in told and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)  # as a page does; without a pause nothing is left for the loading
            told += _all_told(visitor, clocks)
        told += _all_told(visitor, known)
    assert f"There is no model folder at &#x27;{NO_MODEL}&#x27;" in told
    assert f"/{NO_MODEL}" not in told


def _all_told(visitor: httpx.Client, callbacks: list[dict[str, Any]]) -> str:
    for entry in callbacks:
        join(visitor, entry["id"], [None] * len(entry["inputs"]), None, "visitor")
    return messages_of(visitor, "visitor")


@pytest.mark.parametrize("route", ["queue/join", "run/nothing", "call/nothing", "cancel", "reset", "upload"])
@pytest.mark.parametrize(
    "body", ['{"fn_index": 99999, "data": [], "session_hash": "x"}', "[1]", "{", '"\\u0000"']
)
def test_malformed_requests_get_a_sentence(client: httpx.Client, route: str, body: str) -> None:
    headers = {"content-type": "application/json"}
    reply = client.post(f"gradio_api/{route}", content=body, headers=headers)
    assert reply.status_code < 500 and is_clean(reply.text)


def test_a_document_of_another_browser_is_not_there(
    client: httpx.Client, address: str, samples: Path
) -> None:
    opened = callback_of(client, "documents", "select")
    assert keep_document(client, samples / "receipt.jpg", "mine").status_code == 200
    assert "receipt.jpg" in messages_of(client, "mine")
    event = {"choice": "document:1"}
    join(client, opened, [], event, "mine")
    assert "receipt.jpg" in messages_of(client, "mine")
    with httpx.Client(base_url=address, timeout=SECONDS) as stranger:
        _assert_hears_nothing(stranger, "mine")
        stranger.get("/")
        _assert_hears_nothing(stranger, "mine")
        join(stranger, opened, [], event, "theirs")
        told = messages_of(stranger, "theirs")
    assert "no longer kept" in told and "receipt.jpg" not in told
    assert json.dumps("data:image/jpeg")[1:-1] not in told


def _assert_hears_nothing(client: httpx.Client, tab: str) -> None:
    for route in (f"queue/data?session_hash={tab}", f"queue/data?session_hash=a&session_hash={tab}"):
        assert client.get(f"gradio_api/{route}").status_code == 404
    assert client.get(f"gradio_api/heartbeat/{tab}").status_code == 404


def test_a_tab_is_forgotten_after_many_others() -> None:
    tabs = Tabs(most=2)
    assert tabs.is_of("a", "anna") and not tabs.is_of("a", "bela") and not tabs.is_of("a", None)
    assert tabs.is_of("b", None) and tabs.is_of("c", "bela") and tabs.is_of("a", "bela")
    assert tabs.is_of(None, "anna")
    assert tab_of("/gradio_api/heartbeat/x", b"") == "x" and tab_of("/gradio_api/queue/join", b"") is None


def test_an_upload_that_is_too_large_is_refused_with_a_sentence(client: httpx.Client) -> None:
    reply = upload(client, "large.pdf", b"x" * (MOST_BYTES + 1))
    assert reply.status_code == 413 and "maximum allowed size" in reply.text and is_clean(reply.text)
    assert upload(client, "small.pdf", b"x" * (MOST_BYTES - 1)).status_code == 200
