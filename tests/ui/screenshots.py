"""Take the pictures of the README: ``python -m tests.ui.screenshots``.

Starts the app over an empty data folder, works through a day of a clerk with twenty made-up receipts, and
takes every tab on a desktop and on a phone, light and dark. Needs Chromium and what the tests need.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from docvlm.store import Label, LabelKind, Store
from tests.ui.conftest import ARGUMENTS, CHROMIUM, REPOSITORY
from tests.ui.served_app import empty_home, served

PICTURES = REPOSITORY / "ui_assets" / "screenshots"
DESKTOP, PHONE = (1280, 800), (390, 844)
LOOKS = (
    ("light", DESKTOP, ""),
    ("dark", DESKTOP, "-dark"),
    ("light", PHONE, "-phone"),
    ("dark", PHONE, "-phone-dark"),
)
COLOURS = 256
PATIENCE = 600_000
RECEIPTS = 20
GENERATED = {"seller_name": "company", "date": "date", "seller_address": "address", "total": "total"}
"""Fields of the template ``receipt`` by the names that the generator has for them."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=PICTURES)
    parser.add_argument("--until", metavar="NAME", help="stop after the pictures of this name")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home, receipts = empty_home(Path(scratch)), Path(scratch) / "receipts"
        _run("-m", "finetune", "synthesize", "--kind", "receipt", "--count", str(RECEIPTS), "--out", receipts)
        with served(home) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            page = browser.new_page(viewport=_size(DESKTOP))
            page.set_default_timeout(PATIENCE)
            page.goto(address)
            page.wait_for_selector(".samples")
            for name, step in _steps(home, receipts):
                step(page)
                _shoot(page, options.out, name)
                if name == options.until:
                    break
            browser.close()


def _steps(home: Path, receipts: Path) -> Iterator[tuple[str, Callable[[Page], None]]]:
    """What is done before each picture; the name of the picture."""
    yield "ask", _ask
    yield "extract", _extract
    yield "label", lambda page: _label(page, home, receipts)
    yield "fine-tune", _fine_tune
    yield "library", lambda page: _tab(page, "Library", "#library .document")
    yield "batch", _batch
    yield "models", lambda page: _tab(page, "Models", "#model-budgets :text('Measured on this machine')")


def _ask(page: Page) -> None:
    page.click('[data-choice="sample:invoice.pdf"]')
    page.wait_for_selector('[data-read="1"]')
    page.fill("#composer textarea", "What is the invoice number?")
    page.press("#composer textarea", "Enter")
    page.wait_for_selector('[data-mark="answer:0"]')
    page.click(".answer .reply")


def _extract(page: Page) -> None:
    page.click("role=tab[name=Extract]")
    page.click("#extract")
    page.wait_for_selector("#fields .field")
    page.wait_for_selector("#extract:not([disabled])")
    page.focus("#fields .field input")


def _label(page: Page, home: Path, receipts: Path) -> None:
    page.set_input_files("#upload input[type=file]", sorted((receipts / "images").iterdir()))
    page.wait_for_function(f"document.querySelectorAll('#left .document').length > {RECEIPTS}")
    page.wait_for_selector(".incoming li", state="detached")
    _keep_labels(home, receipts / "cases.jsonl")
    page.click("#left .document >> nth=0")
    page.click("role=tab[name=Label]")
    page.wait_for_selector("#label-fields .field[data-boxes]")


def _keep_labels(home: Path, cases: Path) -> None:
    """Label all but the latest receipt, as the tab would."""
    with Store.open(f"sqlite:///{home / 'docvlm.sqlite'}") as store:
        known = {record.name: record.id for record in store.list_documents()}
        known.pop(max(known, key=lambda name: known[name]))
        for line in cases.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            document = known.get(Path(case["file"]).name)
            for name, value in case.get("fields", {}).items():
                if document is not None and name in GENERATED and isinstance(value, dict):
                    label = Label(LabelKind.FIELD, GENERATED[name], value["value"], 1)
                    store.save_label(document, label)


def _fine_tune(page: Page) -> None:
    _tab(page, "Fine-tune", ".side.held-out")
    page.fill("#tune-name", "my-receipts")
    page.click("#tune-start")
    page.wait_for_selector(".outcome")


def _batch(page: Page) -> None:
    _tab(page, "Batch", "#batch-form")
    page.click("#batch-form .primary")
    page.wait_for_selector("#batch-run .batch-state.finished")


def _tab(page: Page, name: str, shown: str) -> None:
    page.click(f"role=tab[name={name}]")
    page.wait_for_selector(shown)


def _shoot(page: Page, out: Path, name: str) -> None:
    """The open tab on a desktop and on a phone, in both colour schemes."""
    for scheme, size, ending in LOOKS:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size(_size(size))  # type: ignore[arg-type]
        page.wait_for_timeout(700)
        file = out / f"{name}{ending}.png"
        page.screenshot(path=file)
        Image.open(file).convert("RGB").quantize(COLOURS).save(file, optimize=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(_size(DESKTOP))  # type: ignore[arg-type]


def _size(size: tuple[int, int]) -> dict[str, int]:
    return {"width": size[0], "height": size[1]}


def _run(*command: str | Path) -> None:
    subprocess.run([sys.executable, *map(str, command)], cwd=REPOSITORY, check=True)


if __name__ == "__main__":
    main()
