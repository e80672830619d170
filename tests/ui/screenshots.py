"""Take the pictures of the README: ``python -m tests.ui.screenshots``.

Starts the app over an empty data folder and works through a day of a clerk with made-up receipts: asks,
extracts, tunes a model on the columns of an own accounting program and lets it fill in what is labelled next.
Takes every tab on a desktop and on a phone, light and dark. Needs Chromium and what the tests need.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from playwright.sync_api import FloatRect, Page, ViewportSize, sync_playwright

from docvlm.store import Label, LabelKind, Store
from tests.ui.builder_steps import build_schema
from tests.ui.conftest import ARGUMENTS, CHROMIUM, REPOSITORY
from tests.ui.receipts import ScannedReceipt, be_the_same_owner, scan_receipts
from tests.ui.served_app import empty_home, served

PICTURES = REPOSITORY / "ui_assets" / "screenshots"
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
LOOKS: tuple[tuple[Literal["light", "dark"], ViewportSize, str], ...] = (
    ("light", DESKTOP, ""),
    ("dark", DESKTOP, "-dark"),
    ("light", PHONE, "-phone"),
    ("dark", PHONE, "-phone-dark"),
)
COLOURS = 256
PATIENCE = 600_000
RECEIPTS, UNLABELLED = 13, 1
IN_BATCH = 4
QUESTIONS = (
    "What is the total due?",
    "When must it be paid?",
    "Who is the invoice to?",
    "What is the discount?",  # there is none
)
SCHEMA, ADAPTER = "booking", "my-bookings"
FIELDS = {
    "name1": "seller_name",
    "bldat": "date",
    "xblnr": "receipt_number",
    "wrbtr": "total",
}
"""Columns of an accounting program, which the model does not know; what the generator calls them."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is done before a picture is taken.

    ``phone_top`` is what a phone is scrolled to; of ``only`` alone the picture is taken, on all screens.
    """

    name: str
    step: Callable[[Page], None]
    phone_top: str = ""
    only: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=PICTURES)
    parser.add_argument("--until", metavar="NAME", help="stop after the pictures of this name")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home = empty_home(Path(scratch))
        receipts = [
            *scan_receipts(Path(scratch) / "receipts", RECEIPTS - UNLABELLED, FIELDS, complete=False),
            *scan_receipts(Path(scratch) / "receipts", UNLABELLED, FIELDS, seed="new"),
        ]
        with served(home) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            page = browser.new_page(viewport=DESKTOP)
            be_the_same_owner(page, address)
            page.set_default_timeout(PATIENCE)
            page.goto(address)
            page.wait_for_selector(".samples")
            for picture in _pictures(home, receipts):
                picture.step(page)
                _shoot(page, options.out, picture)
                if picture.name == options.until:
                    break
            browser.close()


def _pictures(home: Path, receipts: Sequence[ScannedReceipt]) -> Iterator[Picture]:
    yield Picture("ask", _ask, phone_top="#right")
    yield Picture("extract", _extract, phone_top="#right")
    yield Picture("fine-tune", lambda page: _fine_tune(page, home, receipts))
    yield Picture("before-after", _open_gallery, only="#tune-outcome")
    yield Picture("label", _label, phone_top="#right")
    yield Picture("library", lambda page: _tab(page, "Library", "#library .document"))
    yield Picture("batch", _batch)
    yield Picture(
        "models", lambda page: _tab(page, "Models", "#model-budgets :text('Measured on this machine')")
    )


def _ask(page: Page) -> None:
    page.click('[data-choice="sample:invoice.pdf"]')
    page.wait_for_selector('[data-read="1"]')
    for number, question in enumerate(QUESTIONS):
        page.fill("#composer textarea", question)
        page.press("#composer textarea", "Enter")
        page.wait_for_selector(f".answer:not(.pending) >> nth={number}")
    page.click('[data-mark="answer:0"] .reply')


def _extract(page: Page) -> None:
    page.click("role=tab[name=Extract]")
    page.click("#extract")
    page.wait_for_selector("#fields .field")
    page.wait_for_selector("#extract:not([disabled])")
    page.focus("#fields .field input")


def _fine_tune(page: Page, home: Path, receipts: Sequence[ScannedReceipt]) -> None:
    build_schema(page, FIELDS, SCHEMA)
    page.set_input_files("#upload input[type=file]", [receipt.path for receipt in receipts])
    page.wait_for_function(f"document.querySelectorAll('#left .document').length > {RECEIPTS}")
    page.wait_for_selector(".incoming li", state="detached")
    _keep_labels(home, receipts[:-UNLABELLED])
    _tab(page, "Fine-tune", ".side.held-out")
    page.fill("#tune-name", ADAPTER)
    page.click("#tune-start")
    page.wait_for_selector(".outcome")
    _tab(page, "Library", "#library .document")
    _tab(page, "Fine-tune", ".side.held-out")  # the minutes are those that the run has shown
    page.wait_for_selector(".outcome")


def _keep_labels(home: Path, receipts: Sequence[ScannedReceipt]) -> None:
    """Label every field of the schema, as the tab would; what a receipt does not say is labelled so."""
    with Store.open(f"sqlite:///{home / 'docvlm.sqlite'}") as store:
        known = {record.name: record.id for record in store.list_documents()}
        for receipt in receipts:
            for name, value in receipt.values.items():
                label = Label(LabelKind.FIELD, name, value or None, 1 if value else None)
                store.save_label(known[receipt.path.name], label)


def _open_gallery(page: Page) -> None:
    page.click(".gallery.fixed summary")
    page.wait_for_selector(".gallery.fixed .error-card")


def _label(page: Page) -> None:
    """Label a receipt that nobody has labelled, filled in by the adapter."""
    page.click(".outcome button:has-text('Use it')")
    page.wait_for_selector(f"#model:has-text('{ADAPTER}')")
    _tab(page, "Desk", "#left .document")
    page.click("#left .document >> nth=0")
    page.click("role=tab[name=Label]")
    page.wait_for_selector("#label-fields .field[data-boxes]")


def _batch(page: Page) -> None:
    _tab(page, "Desk", "#left .document")
    for index in range(IN_BATCH):
        page.check(f"#left .document-entry input >> nth={index}")
    page.wait_for_selector(f"#left .document-entry input[checked] >> nth={IN_BATCH - 1}")
    _tab(page, "Batch", f"#batch-form :text('{IN_BATCH} ticked documents')")
    page.select_option("#batch-form [name=schema]", "receipt")
    page.click("#batch-form .primary")
    page.wait_for_selector("#batch-run .batch-state.finished")


def _tab(page: Page, name: str, shown: str) -> None:
    page.click(f"role=tab[name={name}]")
    page.wait_for_selector(shown)


def _shoot(page: Page, out: Path, picture: Picture) -> None:
    """The open tab on a desktop and on a phone, in both colour schemes."""
    for scheme, size, ending in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        page.wait_for_timeout(700)
        page.evaluate("scrollTo(0, 0)")
        top = picture.only or (picture.phone_top if size == PHONE else "")
        if top:
            page.evaluate("top => document.querySelector(top).scrollIntoView({ block: 'start' })", top)
            page.wait_for_timeout(300)
        file = out / f"{picture.name}{ending}.png"
        shown: dict[str, Any] = {"clip": _in_view(page, picture.only)} if picture.only else {}
        page.screenshot(path=file, **shown)
        Image.open(file).convert("RGB").quantize(COLOURS).save(file, optimize=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESKTOP)


def _in_view(page: Page, selector: str) -> FloatRect:
    """Where an element is seen in the window."""
    box, window = page.locator(selector).bounding_box(), page.viewport_size
    assert box is not None and window is not None
    top = max(0.0, box["y"])
    height = min(box["y"] + box["height"], window["height"]) - top
    return {"x": box["x"], "y": top, "width": box["width"], "height": height}


if __name__ == "__main__":
    main()
