"""The sheet of values in a real browser, over values that are stored beforehand; no model answers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

from docvlm.pipeline import DocumentLabels, find_evidence
from docvlm.schemas import load_schema
from docvlm.store import Store
from docvlm.types import Box, Extraction, FieldValue, LineItems, RunInfo
from tests.ui.desk_steps import draw_box

if TYPE_CHECKING:
    from playwright.sync_api import Page

READ_MILLISECONDS = 120_000
SCHEMA = load_schema("invoice")
FOUND = {"invoice_number": "FS-2026-0417", "currency": "GBP"}
BUYER = (50.0, 193.0, 200.0, 209.0)
"""Around the first line of the buyer on the sample invoice, in points."""

ITEMS = ("Oak desktop,", "Height-adjustable frame,")

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def store(page: Page, model_home: Path) -> Iterator[Store]:
    """The app's store, with the sample invoice open in the browser and read."""
    page.set_default_timeout(READ_MILLISECONDS)
    page.click('[data-choice="sample:invoice.pdf"]')
    page.wait_for_selector('[data-read="1"]')
    with Store.open(f"sqlite:///{model_home / 'docvlm.sqlite'}") as opened:
        yield opened


def test_a_row_is_added_to_an_empty_list_and_exported(page: Page, store: Store) -> None:
    document = _store_values(store, ())
    page.click("role=tab[name=Extract]")
    page.wait_for_selector("#fields :text('No rows found')")
    page.focus('#fields [data-rows="add"]')
    page.keyboard.press("Enter")
    _wait_for_focus(page, "items[1].description")
    page.keyboard.type("Oak desk")  # completed from the page
    assert page.evaluate("document.activeElement.value").startswith("Oak desktop,")
    page.keyboard.press("Enter")
    page.wait_for_selector('#fields [data-name="items[1].description"].confirmed[data-boxes]')
    page.fill('#fields [data-name="items[1].amount"] input', "1,284.00")  # typed, and not accepted yet
    page.click('#fields [data-rows="add"]')
    page.wait_for_selector('#fields [data-name="items[1].amount"].confirmed[data-boxes]')
    _wait_for_focus(page, "items[2].description")

    rows = _exported_rows(page)
    assert [row["amount"]["value"] for row in rows] == ["1284.00"]
    assert rows[0]["description"]["raw"].startswith("Oak desktop,")
    assert {record.label.name for record in store.labels(document)} == {
        "items[1].description",
        "items[1].amount",
    }


def test_a_row_is_removed_undone_and_brought_back(page: Page, store: Store) -> None:
    document = _store_values(store, ITEMS)
    page.click("role=tab[name=Label]")
    page.wait_for_selector('#label-fields [data-name="items[2].description"]')
    page.click("#label-fields >> role=button[name='Remove row 1']")
    page.wait_for_selector('#label-fields [data-name="items[1].description"]', state="detached")
    _wait_for_focus(page, "items[2].description")
    assert page.input_value('#label-fields [data-name="items[2].description"] input') == ITEMS[1]
    assert {record.label.value for record in store.labels(document)} == {None}

    page.keyboard.press("Control+z")
    page.wait_for_selector('#label-fields [data-name="items[1].description"]')
    _wait_for_focus(page, "items[1].description")
    assert store.labels(document) == []

    for number in (2, 1):
        page.click(f"#label-fields >> role=button[name='Remove row {number}']")
        page.wait_for_selector(f'#label-fields [data-name="items[{number}].amount"]', state="detached")
    page.wait_for_function("document.activeElement.dataset.rows === 'add'")
    page.click("role=tab[name=Extract]")
    assert _exported_rows(page) == []
    page.click('#fields [data-rows="bring back"]')
    page.wait_for_selector('#fields [data-name="items[2].description"]')
    assert len(_exported_rows(page)) == 2 and store.labels(document) == []


def test_rows_entered_before_the_model_looked_go_behind_those_that_it_finds(page: Page, store: Store) -> None:
    _store_values(store, ())
    page.click("role=tab[name=Extract]")
    for number, text in ((1, "Zither"), (2, "Xylophone")):
        page.click('#fields [data-rows="add"]')
        _wait_for_focus(page, f"items[{number}].description")
        page.fill(f'#fields [data-name="items[{number}].description"] input', text)
    page.wait_for_selector('#fields [data-name="items[1].description"].confirmed')
    document = _store_values(store, ITEMS)  # while the second is typed, and not accepted yet
    page.click("role=tab[name=Ask]")
    page.click("role=tab[name=Extract]")
    page.wait_for_selector('#fields [data-name="items[3].description"].confirmed')
    shown = [page.input_value(f'#fields [data-name="items[{row}].description"] input') for row in range(1, 5)]
    assert shown == [*ITEMS, "Zither", "Xylophone"]
    page.press('#fields [data-name="items[4].description"] input', "Enter")
    page.wait_for_selector('#fields [data-name="items[4].description"].confirmed')
    assert {record.label.name: record.label.value for record in store.labels(document)} == {
        "items[3].description": "Zither",
        "items[4].description": "Xylophone",
    }


def test_what_could_not_be_kept_does_not_look_as_if_it_were(page: Page, store: Store) -> None:
    document = _store_values(store, ())
    page.click("role=tab[name=Extract]")
    field = "#fields [data-name=invoice_number]"
    page.fill(f"{field} input", "FS-2026-0418")
    store.delete_document(document)  # as another tab would
    page.press(f"{field} input", "Enter")
    page.wait_for_selector("#extract-notice [role=alert]")
    page.wait_for_selector(f"{field}.edited:not(.sent):not(.confirmed)")
    assert page.input_value(f"{field} input") == "FS-2026-0418"


def test_alt_and_arrows_take_more_or_fewer_words_of_the_page(page: Page, store: Store) -> None:
    document = _store_values(store, ())
    page.click("role=tab[name=Label]")
    address, name = ('#label-fields [data-name="seller_address"]', '#label-fields [data-name="buyer"]')
    page.focus(f"{address} input")
    page.keyboard.type("14 T")
    _press_to(page, "ArrowDown", "14 Tannery Row Marlow Bridge MB4 7QX")
    _press_to(page, "ArrowDown", "14 Tannery Row Marlow Bridge MB4 7QX VAT no. GB 771 2093 45")
    _press_to(page, "ArrowUp", "14 Tannery Row Marlow Bridge MB4 7QX")
    _press_to(page, "ArrowRight", "14 Tannery Row Marlow Bridge MB4 7QX VAT")
    _press_to(page, "ArrowLeft", "14 Tannery Row Marlow Bridge MB4 7QX")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{address}.confirmed[data-boxes]")

    page.focus(f"{name} input")
    page.keyboard.type("BILL")
    _press_to(page, "ArrowDown", "BILL TO")
    _press_to(page, "ArrowDown", "BILL TO Larkspur Analytics Ltd")  # and not the column beside it
    _press_to(page, "Shift+ArrowRight", "TO Larkspur Analytics Ltd")
    _press_to(page, "Shift+ArrowRight", "Larkspur Analytics Ltd")
    _press_to(page, "Shift+ArrowLeft", "TO Larkspur Analytics Ltd")
    _press_to(page, "Shift+ArrowRight", "Larkspur Analytics Ltd")
    _press_to(page, "Shift+ArrowUp", "FS-2026-0417")
    _press_to(page, "Shift+ArrowDown", "Larkspur Analytics Ltd")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{name}.confirmed[data-boxes]")
    stored = {record.label.name: record.label for record in store.labels(document)}
    assert {label: stored[label].value for label in stored} == {
        "seller_address": "14 Tannery Row Marlow Bridge MB4 7QX",
        "buyer": "Larkspur Analytics Ltd",
    }
    (line,) = {(round(box.y0), round(box.y1)) for box in stored["buyer"].boxes}
    assert stored["buyer"].page == 1 and 415 < line[0] < line[1] < 450

    page.focus(f"{address} input")
    _press_to(page, "Shift+ArrowRight", "Tannery Row Marlow Bridge MB4 7QX")  # from where it was found
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('[data-name]').dataset.name") != "seller_address"


def _press_to(page: Page, keys: str, value: str) -> None:
    page.keyboard.press(f"Alt+{keys}")
    assert page.evaluate("document.activeElement.value") == value


def test_a_box_drawn_over_words_becomes_the_value_in_focus(page: Page, store: Store) -> None:
    document = _store_values(store, ())
    page.click("role=tab[name=Label]")
    name = '#label-fields [data-name="buyer"]'
    page.focus(f"{name} input")
    draw_box(page, BUYER)
    page.wait_for_selector(f"{name}.edited")
    assert page.evaluate("document.activeElement.value") == "Larkspur Analytics Ltd"
    assert page.locator(".region-box").count() == 0 and page.locator(".region-chip:visible").count() == 0
    assert store.labels(document) == []  # until it is accepted
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{name}.confirmed[data-boxes]")
    (label,) = [record.label for record in store.labels(document)]
    assert (label.name, label.value, label.page) == ("buyer", "Larkspur Analytics Ltd", 1)
    scale = next(iter(DocumentLabels(store, document).readings())).width / 595
    drawn = Box(*BUYER).scaled(scale)
    assert label.boxes and all(drawn.contains(box, slack=2) for box in label.boxes)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_values_are_saved_as_a_file_of_the_open_document_and_of_several(
    page: Page, store: Store, ending: str
) -> None:
    invoice = _store_values(store, ITEMS)
    page.click('[data-choice="sample:receipt.jpg"]')
    page.wait_for_selector('.page-title:has-text("receipt.jpg")')
    page.wait_for_selector(".incoming li", state="detached")
    receipt = next(record.id for record in store.list_documents() if record.id != invoice)
    found = Extraction("invoice", (FieldValue("invoice_number", "R-77", "R-77", 0.9),))
    store.save_extraction(receipt, RunInfo("stored", "1"), SCHEMA.key, found)
    for name in ("invoice.pdf", "receipt.jpg"):
        page.check(f"#left [aria-label='Select {name}']")
        page.wait_for_selector(f"#left [aria-label='Select {name}'][checked]")
    page.click('#left .document:has-text("invoice.pdf")')
    page.wait_for_selector('.page-title:has-text("invoice.pdf")')
    page.click("role=tab[name=Extract]")
    page.wait_for_selector("#results :text('2 selected as')")

    name, cells = _exported_cells(page, f"export:open:{ending}")
    assert name == f"invoice.{ending}"
    assert "FS-2026-0417" in cells and "R-77" not in cells
    assert (ITEMS[0] in cells) == (ending == "xlsx")
    if ending == "csv":  # the rows of lists are a file of their own
        name, cells = _exported_cells(page, "export:open:rows")
        assert name == "invoice-rows.csv" and set(ITEMS) <= cells
    name, cells = _exported_cells(page, f"export:selected:{ending}")
    assert name == f"2 documents.{ending}"
    assert {"invoice.pdf", "receipt.jpg", "FS-2026-0417", "R-77"} <= cells


def _exported_cells(page: Page, choice: str) -> tuple[str, set[str]]:
    """What a button hands out: the file's name, and the texts of all its cells."""
    with page.expect_download() as download:
        page.click(f'[data-choice="{choice}"]')
    file, name = Path(download.value.path()), download.value.suggested_filename
    if name.endswith(".csv"):
        text = file.read_text(encoding="utf-8-sig")
        return name, {cell for row in csv.reader(io.StringIO(text)) for cell in row}
    book = openpyxl.load_workbook(io.BytesIO(file.read_bytes()))
    return name, {str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}


def test_the_print_behind_the_value_in_focus_is_shown(page: Page, store: Store) -> None:
    _store_values(store, ITEMS)
    page.click("role=tab[name=Extract]")
    page.focus('#fields [data-name="due_date"] input')
    crop = page.locator("#fields .evidence-crop")
    room = crop.bounding_box()
    top = page.locator('#fields [data-name="invoice_number"]').bounding_box()
    assert not crop.is_visible() and crop.locator("canvas").count() == 0
    page.focus('#fields [data-name="invoice_number"] input')
    page.wait_for_selector("#fields .evidence-crop canvas")
    assert (crop.bounding_box(), page.locator('#fields [data-name="invoice_number"]').bounding_box()) == (
        room,
        top,
    )
    name = crop.get_by_role("img", name="Invoice number on page 1, read as FS-2026-0417", exact=False)
    size = name.bounding_box()
    assert size is not None and 10 < size["height"] <= 60 and size["width"] > size["height"]
    dark, light = _darkest_and_lightest(page)
    assert dark < 100 and light > 230, "there is no print in the picture"

    page.set_viewport_size({"width": 390, "height": 844})  # a phone
    page.focus('#fields [data-name="items[2].description"] input')
    page.wait_for_selector(f'#fields canvas[aria-label="description, row 2 on page 1, read as {ITEMS[1]}"]')
    assert crop.locator("small").inner_text() == "90 % sure"
    room, value = crop.bounding_box(), page.locator(":focus").bounding_box()
    assert room is not None and value is not None
    assert value["y"] + value["height"] <= room["y"] < room["y"] + room["height"] <= 844
    assert room["x"] >= 0 and room["x"] + room["width"] <= 390
    page.focus('#fields [data-name="due_date"] input')
    page.wait_for_selector("#fields .evidence-crop canvas", state="detached")


def _darkest_and_lightest(page: Page) -> tuple[int, int]:
    """Of the picture's pixels, by the brightest of their colours, so that the amber frame is not dark."""
    dark, light = page.evaluate(
        """() => { const canvas = document.querySelector("#fields .evidence-crop canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const values = [];
        for (let at = 0; at < data.length; at += 4) values.push(Math.max(...data.slice(at, at + 3)));
        return [Math.min(...values), Math.max(...values)]; }"""
    )
    return dark, light


def _store_values(store: Store, descriptions: tuple[str, ...]) -> int:
    """Keep an extraction of the sample invoice as the model would have made it; the document's number."""
    document = store.list_documents()[0].id  # each test's browser has a library of its own
    labels = DocumentLabels(store, document)

    def value(name: str, text: str | None) -> FieldValue:
        spec = next((spec for spec in SCHEMA.fields if spec.name == name), SCHEMA.fields[0])
        found = find_evidence(text, spec, labels.readings()) if text else None
        if found is None:
            return FieldValue(name, text, text, 0.9)
        return FieldValue(name, text, text, 0.9, found.page, found.boxes[0], found.boxes)

    (items,) = [spec for spec in SCHEMA.fields if spec.is_list]
    rows = tuple(
        tuple(value(column.name, text if column.name == "description" else None) for column in items.columns)
        for text in descriptions
    )
    fields = tuple(
        LineItems(spec.name, rows) if spec.is_list else value(spec.name, FOUND.get(spec.name))
        for spec in SCHEMA.fields
    )
    store.save_extraction(document, RunInfo("stored", "1"), SCHEMA.key, Extraction("invoice", fields))
    return document


def _wait_for_focus(page: Page, name: str) -> None:
    page.wait_for_function(
        "name => document.activeElement.closest('[data-name]')?.dataset.name === name", arg=name
    )


def _exported_rows(page: Page) -> list[dict[str, dict[str, str]]]:
    with page.expect_download() as download:
        page.click('[data-choice="export:open:json"]')
    (exported,) = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))["documents"]
    rows: list[dict[str, dict[str, str]]] = exported["fields"]["items"]
    return rows
