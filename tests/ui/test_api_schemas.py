"""What programs do with schemas: list them, save their own, delete it."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest

from docvlm.schemas import template_names
from docvlm.ui.page import Rooms
from tests.ui.events import called, request_of

ANNA, BELA = request_of("anna"), request_of("bela")


def _call(rooms: Rooms, call: str, request: gr.Request = ANNA, **arguments: Any) -> Any:
    return called(rooms.tabs, call, request, **arguments)


def _names(rooms: Rooms, request: gr.Request) -> set[str]:
    return {schema["name"] for schema in _call(rooms, "schemas", request)["schemas"]}


def test_a_saved_schema_is_that_of_its_owner_until_it_is_deleted(rooms: Rooms) -> None:
    saved = _call(rooms, "schema_save", name="delivery note", schema="sender, weight:number")
    assert [(spec["name"], spec["type"]) for spec in saved["fields"]] == [
        ("sender", "text"),
        ("weight", "number"),
    ]
    assert _names(rooms, ANNA) == {*template_names(), "delivery note"}
    assert _names(rooms, BELA) == set(template_names())
    _call(rooms, "schema_save", name="delivery note", schema='{"properties": {"sent": {"format": "date"}}}')
    (again,) = (one for one in _call(rooms, "schemas")["schemas"] if one["name"] == "delivery note")
    assert [spec["name"] for spec in again["fields"]] == ["sent"]
    with pytest.raises(gr.Error, match="no saved schema"):
        _call(rooms, "schema_delete", BELA, name="delivery note")
    assert _call(rooms, "schema_delete", name="delivery note") == {"deleted": "delivery note"}
    assert _names(rooms, ANNA) == set(template_names())


@pytest.mark.parametrize(
    ("name", "schema", "told"),
    [
        ("receipt", "total:amount", "name of a template"),
        ("../../evil", "total:amount", "cannot be the name of a schema"),
        ("", "total:amount", "name is no text"),
        ("mine", "", "schema is no text"),
        ("mine", "/etc/passwd", "cannot be the name of a field"),  # never a file
        ("mine", "{", "JSON"),
    ],
)
def test_what_is_no_schema_is_told_in_a_sentence(rooms: Rooms, name: str, schema: str, told: str) -> None:
    with pytest.raises(gr.Error, match=told):
        _call(rooms, "schema_save", name=name, schema=schema)
    assert _names(rooms, ANNA) == set(template_names())


def test_a_template_is_not_deleted(rooms: Rooms) -> None:
    with pytest.raises(gr.Error, match="Templates cannot be deleted"):
        _call(rooms, "schema_delete", name="receipt")
