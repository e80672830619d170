"""Whatever stands in names, pages, labels and questions is shown as text: a real browser runs none of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pymupdf
import pytest

from docvlm.store import Label, LabelKind, Store
from docvlm.types import DocumentInfo
from tests.ui.builder_steps import build_schema
from tests.ui.desk_steps import MODEL_MILLISECONDS, READ_MILLISECONDS, ask

if TYPE_CHECKING:
    from playwright.sync_api import Page

IMAGE = "<img src=x onerror=window.hit=1>"
BREAK_OUT = "\"'><svg onload=window.hit=1>"
NAME = f"{IMAGE}.pdf"

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def app_environment(tiny_model: dict[str, str]) -> dict[str, str]:
    return tiny_model


def _write_page(file: Path) -> Path:
    with pymupdf.open() as document:
        sheet = document.new_page()
        for row, line in enumerate((f"Invoice {IMAGE}", f"Reference {BREAK_OUT}", "Total 41.70")):
            sheet.insert_text((72, 72 + 24 * row), line, fontsize=12)
        document.save(file)
    return file


def test_no_tab_runs_what_it_shows(page: Page, model_home: Path, tmp_path: Path) -> None:
    page.set_default_timeout(READ_MILLISECONDS)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.set_input_files("#upload input[type=file]", _write_page(tmp_path / "invoice.pdf"))
    page.wait_for_selector('[data-read="1"]')
    with Store.open(f"sqlite:///{model_home / 'docvlm.sqlite'}") as store:
        (document,) = store.list_documents()
        # Gradio takes such signs out of an upload's name; a batch over a folder does not.
        store.add_document(DocumentInfo(document.sha256, NAME, document.media_type, 1, document.byte_count))
        store.save_label(document.id, Label(LabelKind.FIELD, "reference", IMAGE, 1))
        store.save_label(document.id, Label(LabelKind.QA, BREAK_OUT, IMAGE, 1))

    seen = []
    page.check("[data-layer=words]")
    page.locator(".page-sheet").hover()
    ask(page, BREAK_OUT)
    page.wait_for_selector("#answers .answer:not(.pending)", timeout=MODEL_MILLISECONDS)
    seen.append(page.inner_text("#answers"))
    page.click("role=tab[name=Extract]")
    build_schema(page, ["reference", "total:amount"], "mine")
    page.click("#extract")
    page.wait_for_selector("#fields .field", timeout=MODEL_MILLISECONDS)
    page.click("role=tab[name=Label]")
    page.wait_for_selector("#label-fields .sheet:not([data-waits])")
    for mode, shown in (("questions", ".new-question"), ("lines", ".sheet.lines"), ("queue", ".label-queue")):
        page.click(f"#label-bar [data-choice='mode:{mode}']")
        page.wait_for_selector(f"#label-fields {shown}")
        seen.append(page.inner_html("#label-fields"))
    page.click("role=tab[name=Fine-tune]")
    page.wait_for_selector("#tune-left :text('onerror')")
    page.click("role=tab[name=Library]")
    page.wait_for_selector("#library .document")
    page.fill("#library-filters [name=query]", "onerror")
    page.wait_for_selector("#library .hit mark")
    seen.append(page.inner_text("#library"))
    page.click("role=tab[name=Batch]")
    page.check("#batch-form [value=read]")
    page.click("#batch-form .primary")
    page.wait_for_selector("#batch-run .batch-state.finished")
    page.click("role=tab[name=Models]")
    page.wait_for_selector("#models form")

    assert IMAGE in "".join(seen)  # it was there to be run
    assert page.evaluate("window.hit") is None and dialogs == []
    assert page.locator("img[onerror], svg[onload]").count() == 0
