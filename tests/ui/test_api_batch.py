"""What programs do with batches under way: pause them, go on, retry, take what was found. Real processes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import gradio as gr
import pymupdf
import pytest

from docvlm.ui.page import Rooms
from tests.batch.files import pdf_bytes, write_pdf
from tests.ui.events import called, request_from

SECONDS = 90
ANNA, BELA = request_from("anna"), request_from("bela")
AWAY = request_from("anna", client="192.168.1.9")
"""As MCP clients without a cookie are: the same owner, who sits elsewhere."""


def _call(rooms: Rooms, name: str, request: gr.Request = ANNA, **arguments: Any) -> Any:
    return called(rooms.tabs, name, request, **arguments)


def _begun(rooms: Rooms, files: str, request: gr.Request = ANNA) -> str:
    batch: str = _call(rooms, "batch_start", request, files=files, task="read")["batch"]
    return batch


def _settled(rooms: Rooms, batch: str, request: gr.Request = ANNA) -> dict[str, Any]:
    """The batch once its process has ended."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        (told,) = _call(rooms, "batch_status", request, batch=batch)["batches"]
        if told["state"] not in ("running", "pausing"):
            return dict(told)
        time.sleep(0.1)
    raise AssertionError("it never came to an end")


def test_a_batch_is_paused_resumed_and_its_results_are_taken(rooms: Rooms, tmp_path: Path) -> None:
    for number in range(3):
        write_pdf(tmp_path / "in" / f"{number}.pdf", [f"Page {number}"] * 40)
    batch = _begun(rooms, str(tmp_path / "in"))
    _call(rooms, "batch_pause", batch=batch)
    assert _settled(rooms, batch)["state"] == "paused"
    with pytest.raises(gr.Error, match="not going on"):
        _call(rooms, "batch_pause", batch=batch)
    assert "written" not in _call(rooms, "batch_results", batch=batch)
    _call(rooms, "batch_resume", batch=batch)
    assert (told := _settled(rooms, batch))["state"] == "finished" and told["done"] == 3

    found = _call(rooms, "batch_results", batch=batch)
    assert found["name"] == "batch.txt" and found["text"].count("Page 2") == 40
    (file,) = found["written"]
    assert Path(file).read_text(encoding="utf-8") == found["text"]
    lines = _call(rooms, "batch_results", batch=batch, form="jsonl")["text"].splitlines()
    assert sorted(json.loads(line)["file"] for line in lines) == ["0.pdf", "1.pdf", "2.pdf"]

    for other in (BELA, AWAY):
        assert _call(rooms, "batch_status", other)["batches"] == []
        for name in ("status", "pause", "resume", "retry", "results", "delete"):
            with pytest.raises(gr.Error, match="no batch of this id"):
                _call(rooms, f"batch_{name}", other, batch=batch)


def test_a_batch_is_deleted_with_what_only_it_has_found(rooms: Rooms, tmp_path: Path) -> None:
    desk, store, file = rooms.desk, rooms.desk.workspace.store, write_pdf(tmp_path / "radish.pdf", ["Radish"])
    other = write_pdf(tmp_path / "in" / "turnip.pdf", ["Turnip"] * 40)
    session = desk.sessions.of(ANNA)
    desk.open_view(session, desk.library(session).keep(file, file.name)).close()
    (kept,) = _call(rooms, "documents")["documents"]
    library, batch = _begun(rooms, "library"), _begun(rooms, str(other.parent))
    with pytest.raises(gr.Error, match=r"is going on\. Pause it first"):
        _call(rooms, "batch_delete", batch=batch)
    for each in (library, batch):
        _settled(rooms, each)
    assert {record.name for record in store.list_documents()} == {"radish.pdf", "turnip.pdf"}

    for each in (library, batch):
        assert _call(rooms, "batch_delete", batch=each) == {"deleted": each}
    assert _call(rooms, "batch_status")["batches"] == [] and other.is_file()
    (left,) = _call(rooms, "documents")["documents"]
    assert left["document"] == kept["document"] and left["status"] == "read"
    assert [record.name for record in store.list_documents()] == ["radish.pdf"]
    with pytest.raises(gr.Error, match="no batch of this id"):
        _call(rooms, "batch_results", batch=batch)


def test_a_visitor_is_not_told_where_results_lie(rooms: Rooms, tmp_path: Path) -> None:
    desk, file = rooms.desk, write_pdf(tmp_path / "radish.pdf", ["Radish Ltd"])
    session = desk.sessions.of(AWAY)
    desk.open_view(session, desk.library(session).keep(file, file.name)).close()
    batch = _begun(rooms, "library", AWAY)
    assert _settled(rooms, batch, AWAY)["state"] == "finished"
    found = _call(rooms, "batch_results", AWAY, batch=batch)
    assert "Radish Ltd" in found["text"] and "written" not in found
    assert str(tmp_path) not in json.dumps(found)
    assert len(_call(rooms, "batch_results", batch=batch)["written"]) == 1  # who sits at the machine may know
    with pytest.raises(gr.Error, match="No file of this batch has failed"):
        _call(rooms, "batch_retry", AWAY, batch=batch)


def test_what_failed_is_tried_again_with_a_password(rooms: Rooms, tmp_path: Path) -> None:
    options = {"encryption": pymupdf.PDF_ENCRYPT_AES_256, "user_pw": "sesame", "owner_pw": "y"}
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "locked.pdf").write_bytes(pdf_bytes(["Hidden treasure"], **options))
    batch = _begun(rooms, str(tmp_path / "in"))
    assert _settled(rooms, batch)["failed"] == 1
    assert "[failed]" in _call(rooms, "batch_results", batch=batch)["text"]
    _call(rooms, "batch_resume", batch=batch)
    assert _settled(rooms, batch)["failed"] == 1  # only a retry does failures again
    _call(rooms, "batch_retry", batch=batch, password="sesame")
    assert (told := _settled(rooms, batch))["done"] == 1 and told["failed"] == 0
    assert "Hidden treasure" in _call(rooms, "batch_results", batch=batch)["text"]
    for name, arguments, said in (
        ("batch_results", {"form": "xlsx"}, "no such form of text"),
        ("batch_results", {"form": "../x"}, "no such form of text"),
        ("batch_retry", {"password": "x" * 501}, "password is no text, or too long"),
        ("batch_retry", {"password": None}, "password is no text, or too long"),
    ):
        with pytest.raises(gr.Error, match=said):
            _call(rooms, name, batch=batch, **arguments)
    for rubbish in ("", "../in", None, ["x"]):
        with pytest.raises(gr.Error, match="no batch of this id"):
            _call(rooms, "batch_pause", batch=rubbish)
