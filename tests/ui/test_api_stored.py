"""What programs do with all of their documents: list them, export their values, delete one for good."""

from __future__ import annotations

import base64
import csv
import io
import json
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from openpyxl import load_workbook

from docvlm.store import Label, LabelKind
from docvlm.ui.page import Rooms
from tests.batch.files import write_pdf
from tests.ui.events import called, request_from, request_of

ANNA, BELA = request_of("anna"), request_of("bela")
SCHEMA = "seller, total:amount"


def _keep(rooms: Rooms, request: gr.Request, file: Path) -> int:
    """Put a file into somebody's library and have it read; its number."""
    desk = rooms.desk
    session = desk.sessions.of(request)
    view = desk.open_view(session, desk.library(session).keep(file, file.name))
    list(view.document.read())
    number = view.document.id
    view.close()
    return number


@pytest.fixture
def radish(rooms: Rooms, tmp_path: Path) -> int:
    """A document of Anna's."""
    return _keep(rooms, ANNA, write_pdf(tmp_path / "radish.pdf", ["Radish Ltd, total 61,50 EUR", "Thanks"]))


@pytest.fixture
def turnip(rooms: Rooms, tmp_path: Path) -> int:
    """Another one of hers."""
    return _keep(rooms, ANNA, write_pdf(tmp_path / "turnip.pdf", ["Turnip & Sons, total 3,00 EUR"]))


def _call(rooms: Rooms, name: str, request: gr.Request, **arguments: Any) -> Any:
    return called(rooms.tabs, name, request, **arguments)


def test_everybody_is_told_of_their_own_documents_only(rooms: Rooms, radish: int, turnip: int) -> None:
    rooms.desk.workspace.store.save_label(radish, Label(LabelKind.FIELD, "total", "61,50", 1))
    told = _call(rooms, "documents", ANNA)
    assert [entry["document"] for entry in told["documents"]] == [turnip, radish]
    (first,) = _call(rooms, "documents", ANNA, limit=1, skip=1)["documents"]
    assert first == told["documents"][1]
    assert (first["name"], first["pages"], first["kind"], first["status"]) == (
        "radish.pdf",
        2,
        "other",
        "checked",
    )
    assert first["added"] and told["documents"][0]["status"] == "read"
    assert told["statistics"] == {
        "documents": 2,
        "pages": 3,
        "answers": 0,
        "values": 0,
        "labels": 1,
        "confidence": None,
    }
    nothing = _call(rooms, "documents", BELA)
    assert nothing["documents"] == [] and nothing["statistics"]["documents"] == 0


def test_a_deleted_document_is_gone_and_only_its_owner_deletes_it(
    rooms: Rooms, radish: int, turnip: int
) -> None:
    store, library = rooms.desk.workspace.store, rooms.desk.library(rooms.desk.sessions.of(ANNA))
    kept = library.find(store, radish)
    assert kept is not None
    with pytest.raises(gr.Error, match=f"no document {radish}"):
        _call(rooms, "delete", BELA, document=f"library:{radish}")
    assert kept.path.is_file() and store.document(radish) is not None
    assert _call(rooms, "delete", ANNA, document=f"library:{radish}") == {
        "deleted": radish,
        "file_deleted": True,
    }
    assert not kept.path.exists() and store.document(radish) is None and not store.search("radish")
    assert [entry["document"] for entry in _call(rooms, "documents", ANNA)["documents"]] == [turnip]
    with pytest.raises(gr.Error, match=f"no document {radish}"):
        _call(rooms, "delete", ANNA, document=f"library:{radish}")


def test_documents_named_by_path_are_those_of_the_person_at_the_machine(rooms: Rooms, tmp_path: Path) -> None:
    file = write_pdf(tmp_path / "parsnip.pdf", ["Parsnip Brothers"])
    here, away = request_from("anna"), request_from("anna", client="192.168.1.9")
    _call(rooms, "read", here, document=str(file))
    (entry,) = _call(rooms, "documents", here)["documents"]
    assert entry["name"] == "parsnip.pdf"
    assert _call(rooms, "documents", away)["documents"] == []
    name = f"library:{entry['document']}"
    with pytest.raises(gr.Error, match="no document"):
        _call(rooms, "delete", away, document=name)
    assert not _call(rooms, "delete", here, document=name)["file_deleted"]
    assert file.is_file() and _call(rooms, "documents", here)["documents"] == []
    assert not rooms.desk.workspace.store.search("parsnip")


def test_values_of_all_documents_are_exported_to_their_owner_only(
    rooms: Rooms, radish: int, turnip: int, tmp_path: Path
) -> None:
    carrot = _keep(rooms, ANNA, write_pdf(tmp_path / "carrot.pdf", ["Nothing is known of it"]))
    for number, total in ((radish, "61,50"), (turnip, "3,00")):
        label = {"schema": SCHEMA, "field": "total", "value": total}
        _call(rooms, "label", ANNA, document=f"library:{number}", **label)
    found = _call(rooms, "export", ANNA, schema=SCHEMA)
    rows = {row["document"]: row["total"] for row in csv.DictReader(io.StringIO(found["text"]))}
    assert rows == {"radish.pdf": "61.50", "turnip.pdf": "3.00"}
    assert (found["documents"], found["name"]) == (2, "2 documents.csv")
    excel = _call(rooms, "export", ANNA, schema=SCHEMA, form="xlsx")
    content = base64.b64decode(excel["file"].partition(";base64,")[2], validate=True)
    assert excel["name"].endswith(".xlsx") and load_workbook(io.BytesIO(content)).sheetnames
    told = json.loads(_call(rooms, "export", ANNA, schema=SCHEMA, form="json")["text"])["documents"]
    assert {each["document"]: each["fields"]["total"]["page"] for each in told} == {
        "radish.pdf": 1,
        "turnip.pdf": 1,
    }
    assert carrot not in (radish, turnip)
    with pytest.raises(gr.Error, match="no values to save yet"):
        _call(rooms, "export", BELA, schema=SCHEMA)


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("documents", {"limit": "all"}, "limit is no whole number"),
        ("documents", {"skip": None}, "skip is no whole number"),
        ("documents", {"limit": True}, "limit is no whole number"),
        ("search", {"query": "total", "limit": "all"}, "limit is no whole number"),
        ("delete", {"document": "radish.pdf"}, "no stored document"),
        ("delete", {"document": "library:../1"}, "no stored document"),
        ("delete", {"document": ["library:1"]}, "no stored document"),
        ("delete", {"document": "library:99"}, "no document 99"),
        ("export", {"schema": SCHEMA, "form": "docx"}, "no such form"),
        ("export", {"schema": SCHEMA, "form": ["csv"]}, "no such form"),
        ("export", {"schema": ""}, "schema is no text"),
        ("export", {"schema": "/etc/passwd"}, "cannot be the name of a field"),
    ],
)
def test_what_is_not_understood_is_told_in_a_sentence(
    rooms: Rooms, radish: int, name: str, arguments: dict[str, Any], told: str
) -> None:
    with pytest.raises(gr.Error, match=told):
        _call(rooms, name, ANNA, **arguments)
    assert rooms.desk.workspace.store.document(radish) is not None
