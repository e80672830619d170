from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
import pymupdf
import pytest

from docvlm.config import Settings
from docvlm.errors import UsageError
from docvlm.pipeline import CheckedLine, QueuedDocument, Workspace
from docvlm.schemas import load_schema, template_names
from docvlm.store import Store
from docvlm.types import Box, Extraction, FieldValue, LineItems, RunInfo
from docvlm.ui.desk import Desk
from docvlm.ui.engine_loader import EngineLoader
from docvlm.ui.extract_panel import ExtractPanel
from docvlm.ui.field_work import FieldWork
from docvlm.ui.label_bar import bar_html, queue_html
from docvlm.ui.label_panel import LabelPanel
from docvlm.ui.label_rows import QuestionRow, lines_html, questions_html
from docvlm.ui.label_state import LabelMode, ReadAhead
from docvlm.ui.label_work import LabelWork
from docvlm.ui.page import Rooms
from docvlm.ui.page_panel import PagePanel
from docvlm.ui.sessions import Session, Sessions
from tests.ui.events import request_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

EVIL = "<script>alert('1')</script>\" onclick=\"x"
BOX = Box(10, 20, 110, 40)
SHOPS = ("CORNER BAKERY", "GREEN GROCER LTD", "CITY HARDWARE", "MOON CAFE")
READ_MILLISECONDS = 120_000
MODEL_MILLISECONDS = 300_000


def make_receipt(path: Path, seed: int) -> Path:
    """A receipt with a text layer; the same for the same seed."""
    dice = random.Random(seed)
    cents = [dice.randint(150, 2500) for _ in range(3)]
    lines = [
        dice.choice(SHOPS),
        f"{dice.randint(1, 99)} High Street",
        f"Date: {dice.randint(1, 28):02}/0{dice.randint(1, 9)}/2026",
        f"Receipt no {dice.randint(1000, 9999)}",
        *(f"{name:<18}{price / 100:8.2f}" for name, price in zip(("Tea", "Cake", "Jam"), cents, strict=True)),
        f"{'TOTAL':<18}{sum(cents) / 100:8.2f}",
        "Thank you for the cash!",
    ]
    with pymupdf.open() as document:
        page = document.new_page(width=260, height=260)
        for row, text in enumerate(lines):
            page.insert_text((20, 30 + 22 * row), text, fontname="cour", fontsize=10)
        document.save(path, no_new_id=True)  # the same bytes each time: the hash decides who is held back
    return path


def _first_line(path: Path) -> str:
    with pymupdf.open(path) as document:
        return str(document[0].get_text()).splitlines()[0]


# What the tab shows


def test_nothing_that_is_labelled_reaches_the_page_unescaped() -> None:
    schemas = {name: load_schema(name) for name in template_names()} | {
        EVIL: replace(load_schema("a, b"), title=EVIL)
    }
    for text in (
        questions_html([QuestionRow(EVIL, EVIL, 1, (BOX,), 0.5)], [EVIL], 1),
        lines_html((CheckedLine(EVIL, 1, BOX, EVIL, EVIL, 0.5, False),), 1, 1),
        queue_html([QueuedDocument(1, EVIL, False, 0.5, 0.5, 1.0)], None),
        bar_html([], schemas, schemas[EVIL], LabelMode.FIELDS),
    ):
        assert "<script" not in text and '" onclick="' not in text


def test_the_bar_says_how_many_are_labelled() -> None:
    queue = [QueuedDocument(number, f"{number}.pdf", number < 3, 0.5, 0.5, 1.0) for number in range(5)]
    schemas = {name: load_schema(name) for name in template_names()}
    text = bar_html(queue, schemas, schemas["receipt"], LabelMode.LINES)
    assert "<b>3 of 5</b>" in text
    assert 'data-choice="mode:lines" aria-pressed="true"' in text


def test_the_queue_marks_the_open_document_and_those_that_are_labelled() -> None:
    text = queue_html(
        [QueuedDocument(7, "a.pdf", False, 0.31, 0.4, 0.8), QueuedDocument(8, "b.pdf", True, 0.9, 0.9, 1)], 7
    )
    assert 'data-choice="document:7" aria-current="true"' in text
    assert "Expected gain 31 %" in text and "Expected gain 90 %" not in text


# What it does


class Bench:
    """The tab's work over one owner's desk, without a model."""

    def __init__(self, home: Path) -> None:
        self.workspace = Workspace(Settings.from_environment({"DOCVLM_HOME": str(home)}))
        loader, sessions = EngineLoader(), Sessions()
        with gr.Blocks():
            page = PagePanel(self.workspace, loader, sessions)
        self.desk = Desk(self.workspace, loader, sessions, page)
        self.work = LabelWork(self.desk, FieldWork(self.desk))
        self.session = sessions.get("a" * 32, "tab")
        self.session.schema = "receipt"

    def open(self, path: Path) -> int:
        """Keep a file and show it, read; the document's number."""
        view = self.desk.open_view(self.session, self.desk.library(self.session).keep(path, path.name))
        view.picture_with_words()
        self.session.show(view)
        return view.document.id

    def edit(self, *values: dict[str, Any], **more: Any) -> None:
        """Send values as the sheet of the open document does; ``more`` is what else it sends."""
        assert self.session.view is not None
        checked, _ = self.work.sheet(self.session.view, self.session)
        data = {"document": self.session.view.document.id, "schema": checked.schema.key}
        self.work.edit(self.session, gr.EventData(None, data | {"values": list(values)} | more))


def _value(name: str, text: str, **place: Any) -> dict[str, Any]:
    return {"name": name, "text": text} | place


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "home")
    yield made
    made.session.close()
    made.workspace.close()


def test_the_next_document_is_one_that_is_not_labelled_yet(bench: Bench, tmp_path: Path) -> None:
    first, second, third = (bench.open(make_receipt(tmp_path / f"{n}.pdf", n)) for n in range(3))
    assert bench.work.next_document(bench.session) in (first, second)
    bench.edit(*[_value(spec.name, "") for spec in load_schema("receipt").fields if not spec.is_list])
    assert [entry.document_id for entry in bench.work.queue(bench.session) if entry.is_labelled] == [third]
    assert bench.work.has_all_fields(bench.session) and not bench.work.has_rows_left(bench.session)
    bench.session.selected = {third}
    assert bench.work.next_document(bench.session) is None
    bench.session.selected = {second, third}
    assert bench.work.next_document(bench.session) == second


def test_the_model_is_asked_to_look_once_the_page_is_read(bench: Bench, tmp_path: Path) -> None:
    bench.open(make_receipt(tmp_path / "1.pdf", 1))
    view = bench.session.view
    assert view is not None
    checked, waits = bench.work.sheet(view, bench.session)
    assert waits == "now" and checked.confirmed == frozenset()
    view.prefilled.add(checked.schema.key)
    assert bench.work.sheet(view, bench.session)[1] == ""


def test_a_sheet_that_is_drawn_again_while_the_model_looks_still_waits(bench: Bench, tmp_path: Path) -> None:
    number = bench.open(make_receipt(tmp_path / "1.pdf", 1))
    view = bench.session.view
    assert view is not None
    checked, _ = bench.work.sheet(view, bench.session)
    bench.session.label.ahead = ReadAhead(number, checked.schema.key)
    looking = bench.work.prefill(bench.session, view)
    assert next(looking) == "Looking for the fields"
    assert bench.work.sheet(view, bench.session)[1] == "later", "nothing is called not found yet"
    looking.close()  # type: ignore[attr-defined]
    assert bench.work.sheet(view, bench.session)[1] == "failed"


def test_what_was_sent_before_the_model_found_rows_goes_into_the_rows_behind_them(
    bench: Bench, tmp_path: Path
) -> None:
    number = bench.open(make_receipt(tmp_path / "1.pdf", 1))
    schema = bench.work.fields.schema(bench.session)
    (items,) = [spec for spec in schema.fields if spec.is_list]
    column = items.columns[0].name
    row = tuple(FieldValue(one.name, "Tea", "Tea", 0.9) for one in items.columns)
    fields = tuple(
        LineItems(spec.name, (row, row)) if spec.is_list else FieldValue(spec.name, None, None, 0.0)
        for spec in schema.fields
    )
    found = Extraction(schema.name, fields)
    bench.workspace.store.save_extraction(number, RunInfo("stored", "1"), schema.key, found)
    bench.work.fields.refresh(bench.session)
    sheet = {"lists": {items.name: 1}, "items": items.name, "action": "add"}
    assert bench.session.view is not None and bench.session.view.checked is not None
    data = {"document": number, "schema": schema.key} | sheet
    bench.work.fields.change_rows(bench.session, gr.EventData(None, data))
    bench.edit(_value(f"{items.name}[1].{column}", "Jam"), lists={items.name: 1})
    bench.edit(_value(f"{items.name}[2].{column}", "Coffee"), lists={items.name: 3})
    kept = {record.label.name: record.label.value for record in bench.workspace.store.labels(number)}
    assert kept == {f"{items.name}[3].{column}": "Jam", f"{items.name}[2].{column}": "Coffee"}


def test_fields_questions_and_lines_are_kept_and_undone_in_turn(bench: Bench, tmp_path: Path) -> None:
    bench.open(make_receipt(tmp_path / "1.pdf", 1))
    view = bench.session.view
    assert view is not None
    bench.edit(_value("company", "CITY HARDWARE", page=1, boxes=[[20, 20, 90, 32]]))
    bench.edit(_value("What was bought?", "Tea"), schema="questions")
    line = view.labels.lines(1)[0]
    bench.edit(_value(line.name, "CITY"), schema="lines")
    names = [record.label.name for record in bench.workspace.store.labels(view.document.id)]
    assert names == ["company", "What was bought?", line.name]
    assert [row.answer for row in bench.work.questions(view)] == ["Tea"]
    for _ in names:
        bench.work.undo(bench.session)
    assert bench.workspace.store.labels(view.document.id) == []
    assert [(row.question, row.is_checked) for row in bench.work.questions(view)] == [
        ("What was bought?", False)  # the question stays, to be answered anew
    ]


def test_lines_are_kept_also_where_the_page_is_turned_meanwhile(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "two.pdf"
    with pymupdf.open(make_receipt(tmp_path / "1.pdf", 1)) as document:
        document.fullcopy_page(0)
        document.save(path)
    bench.open(path)
    view = bench.session.view
    assert view is not None
    list(view.document.read())
    lines = view.labels.lines(1)[:2]
    view.turn_to(2)
    bench.edit(*(_value(line.name, "MOON") for line in lines), schema="lines")
    kept = {record.label.name: record.label.page for record in bench.workspace.store.labels()}
    assert kept == {line.name: 1 for line in lines}
    with pytest.raises(UsageError):
        bench.edit(_value(f"line 1 of page {10**30}", "MOON"), schema="lines")


def test_a_sheet_of_another_document_changes_nothing(bench: Bench, tmp_path: Path) -> None:
    number = bench.open(make_receipt(tmp_path / "1.pdf", 1))
    for schema in ("questions", "lines"):
        with pytest.raises(UsageError):
            bench.edit(_value("line 1 of page 1", "x"), schema=schema, document=number + 1)
    assert bench.workspace.store.labels() == []


def test_questions_that_were_labelled_are_not_suggested_again(bench: Bench, tmp_path: Path) -> None:
    bench.open(make_receipt(tmp_path / "1.pdf", 1))
    view = bench.session.view
    assert view is not None
    question = bench.work.suggestions(view)[0]
    bench.edit(_value(question, ""), schema="questions")
    assert question not in bench.work.suggestions(view)
    assert bench.work.questions(view)[0].answer is None


def test_nobody_else_s_documents_are_in_the_queue(bench: Bench, tmp_path: Path) -> None:
    bench.open(make_receipt(tmp_path / "1.pdf", 1))
    stranger = Session("b" * 32)
    assert bench.work.queue(stranger) == [] and bench.work.next_document(stranger) is None


def test_ticked_documents_are_in_the_queue_however_many_came_later(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docvlm.ui.label_work.LONGEST_QUEUE", 1)
    first, second = (bench.open(make_receipt(tmp_path / f"{number}.pdf", number)) for number in (1, 2))
    assert [entry.document_id for entry in bench.work.queue(bench.session)] == [second]
    bench.session.selected.add(first)
    assert [entry.document_id for entry in bench.work.queue(bench.session)] == [first]


def test_undo_in_a_document_that_was_deleted_elsewhere_is_told(rooms: Rooms, tmp_path: Path) -> None:
    desk = rooms.desk
    session, path = desk.sessions.of(request_of("anna")), make_receipt(tmp_path / "1.pdf", 1)
    session.show(desk.open_view(session, desk.library(session).keep(path, path.name)))
    view = session.view
    assert view is not None
    view.checked = view.labels.lay_over(load_schema("receipt"), None)
    for shop in ("MOON", "MOON CAFE", "MOON BAR"):
        view.labels.correct(view.checked, "company", shop)
    desk.library(session).delete(desk.workspace.store, view.document.id)
    told = [
        panel._undo(request_of("anna"))[panel._notice]
        for panel in desk._panels
        if isinstance(panel, ExtractPanel | LabelPanel)
    ]
    assert len(told) == 2 and all("not in the database" in notice for notice in told)
    session.close_view()


# In the browser


@pytest.mark.browser
@pytest.mark.slow
def test_receipts_are_labelled_by_keyboard_alone(page: Page, model_home: Path, tmp_path: Path) -> None:
    files = [make_receipt(tmp_path / f"receipt-{number}.pdf", number) for number in range(3)]
    page.set_input_files("#upload input[type=file]", files)
    page.wait_for_selector('[data-read="1"]', timeout=READ_MILLISECONDS)
    page.wait_for_function("document.querySelectorAll('.document').length == 3")
    page.focus("role=tab[name=Label]")
    page.keyboard.press("Enter")
    page.select_option("#label-bar select", "receipt")
    page.wait_for_selector("#label-fields .sheet:not([data-waits])", timeout=MODEL_MILLISECONDS)
    page.wait_for_function("document.activeElement.id == 'label-company'")

    page.keyboard.type("MY SHOP")
    page.keyboard.press("Enter")
    page.wait_for_selector('#label-fields [data-name="company"].confirmed')
    assert page.input_value("#label-company") == "MY SHOP"
    page.keyboard.press("Control+z")
    page.wait_for_selector('#label-fields [data-name="company"]:not(.confirmed)')
    page.wait_for_function("document.activeElement.id == 'label-company'")
    assert page.input_value("#label-company") != "MY SHOP"
    page.keyboard.press("Delete")
    page.wait_for_selector('#label-fields [data-name="company"].confirmed')
    assert page.input_value("#label-company") == ""

    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#label-bar :text('1 of 3')")
    first = page.inner_text(".page-title")
    page.wait_for_function("document.activeElement.dataset.next !== undefined")
    _wait_for_extractions(model_home, 2)
    page.keyboard.press("Enter")
    page.wait_for_function("name => document.querySelector('.page-title').textContent != name", arg=first)
    page.wait_for_selector("#label-fields .sheet:not([data-waits])", timeout=MODEL_MILLISECONDS)
    page.wait_for_function("document.activeElement.id == 'label-company'")
    page.wait_for_selector('[data-read="1"]', timeout=READ_MILLISECONDS)  # its words complete what is typed
    shop = _first_line(tmp_path / page.inner_text(".page-title"))
    page.keyboard.type(shop[:3].lower())
    assert page.input_value("#label-company") == shop
    page.keyboard.press("Backspace")
    assert page.input_value("#label-company") == shop[:3]
    page.keyboard.type(shop[3:])
    assert page.input_value("#label-company") == shop
    for _ in load_schema("receipt").fields:
        if page.evaluate("document.activeElement.dataset.next === undefined"):  # no row was found, perhaps
            page.keyboard.press("Enter")
    page.wait_for_selector("#label-bar :text('2 of 3')")
    _wait_for_extractions(model_home, 3)
    page.focus("#label-company")
    number = page.get_attribute("#label-fields .sheet", "data-document")
    page.keyboard.press("Alt+n")
    page.wait_for_selector(f'#label-fields .sheet:not([data-waits]):not([data-document="{number}"])')
    page.click("#page-view .word >> nth=0", force=True)
    page.wait_for_selector('#label-fields [data-name="company"].edited')


def _wait_for_extractions(home: Path, count: int) -> None:
    """Until the model has looked at so many documents, the one ahead of the open one among them."""
    deadline = time.monotonic() + MODEL_MILLISECONDS / 1000
    with Store.open(f"sqlite:///{home / 'docvlm.sqlite'}") as store:
        while sum(bool(store.extractions(known.id)) for known in store.list_documents()) < count:
            assert time.monotonic() < deadline, "the model did not look ahead"
            time.sleep(0.2)
