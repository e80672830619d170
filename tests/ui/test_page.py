"""The desk in a real browser, served by the real program with the embedded model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from tests.ui.desk_steps import MODEL_MILLISECONDS, READ_MILLISECONDS, ask, open_sample

if TYPE_CHECKING:
    from playwright.sync_api import Page

BOX_AND_SHEET = """() => [".evidence-box", ".page-sheet img"]
  .map((each) => document.querySelector(each).getBoundingClientRect())
  .map(({ x, y, width, height }) => ({ x, y, width, height }))"""

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def _upload(page: Page, *paths: Path) -> None:
    page.set_input_files("#upload input[type=file]", list(paths))


def test_a_question_is_answered_on_the_page(page: Page, samples: Path, tmp_path: Path) -> None:
    _upload(page, samples / "invoice.pdf")
    page.wait_for_selector('[data-read="1"]', timeout=READ_MILLISECONDS)
    page.fill("#composer textarea", "What is the invoice number?")
    page.press("#composer textarea", "Enter")
    page.wait_for_selector(".answer.pending")
    page.wait_for_selector('[data-mark="answer:0"], #answers .error', timeout=MODEL_MILLISECONDS)
    answer = page.inner_text("#answers")
    assert "What is the invoice number?" in answer
    assert "Page 1" in answer and "%" in answer
    _check_evidence(page, tmp_path / "answer.png")

    page.reload()
    page.click('.document:has-text("invoice.pdf")')
    page.wait_for_selector('[data-mark="answer:0"]', timeout=READ_MILLISECONDS)
    assert page.locator(".evidence-box").count() == 0
    page.click(".answer .reply")
    page.wait_for_selector(".evidence-box")


def test_fields_are_extracted_corrected_and_kept(page: Page, samples: Path, tmp_path: Path) -> None:
    open_sample(page, "invoice.pdf")
    page.click("role=tab[name=Extract]")
    page.click("#extract")
    page.wait_for_selector(".sheet, #extract-notice .error", timeout=MODEL_MILLISECONDS)
    assert page.locator("#fields .field").count() > 5, page.inner_text("#extract-notice")

    number = '#fields [data-name="invoice_number"]'
    page.focus(f"{number} input")
    _click_word(page, samples / "invoice.pdf", "FS-2026-0417")
    assert page.input_value(f"{number} input") == "FS-2026-0417"
    page.press(f"{number} input", "Enter")
    page.wait_for_selector(f"{number}.confirmed[data-boxes]")
    page.focus(f"{number} input")
    _check_evidence(page, tmp_path / "field.png")

    with page.expect_download() as download:
        page.click('[data-choice="export:open:json"]')
    assert '"raw": "FS-2026-0417"' in Path(download.value.path()).read_text()

    page.reload()
    page.click('.document:has-text("invoice.pdf")')
    page.click("role=tab[name=Extract]")
    page.wait_for_selector(f"{number}.confirmed", timeout=READ_MILLISECONDS)
    page.focus(f"{number} input")


def _click_word(page: Page, file: Path, text: str) -> None:
    """Click a word of the first page where it stands in the picture."""
    import pymupdf

    with pymupdf.open(file) as document:
        (x0, y0, x1, y1, *_), *_ = [word for word in document[0].get_text("words") if word[4] == text]
        width = document[0].rect.width
    sheet = page.locator(".page-sheet").bounding_box()
    assert sheet is not None
    scale = sheet["width"] / width
    page.mouse.click(sheet["x"] + (x0 + x1) / 2 * scale, sheet["y"] + (y0 + y1) / 2 * scale)


def _check_evidence(page: Page, shot: Path) -> None:
    """The box lies on the page picture, and its colour and the print under it are in the screenshot."""
    page.wait_for_selector(".evidence-box")
    inner, outer = page.evaluate(BOX_AND_SHEET)  # both at once: a mark may be drawn again at any time
    assert inner["width"] > 4 and inner["height"] > 4
    assert outer["x"] - 1 <= inner["x"] and inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 1
    assert outer["y"] - 1 <= inner["y"] and inner["y"] + inner["height"] <= outer["y"] + outer["height"] + 1
    page.mouse.move(1, 1)
    page.screenshot(path=shot)
    pixels = cv2.imread(str(shot))
    assert pixels is not None
    x, y = round(inner["x"]), round(inner["y"])
    crop = pixels[y : y + round(inner["height"]), x : x + round(inner["width"])].astype(int)
    assert crop.size > 0, "the box is outside of the window"
    amber = crop[:, :, 2] - crop[:, :, 0] > 40
    assert amber.mean() > 0.3
    assert np.ptp(crop.sum(axis=2)) > 150


def test_hovering_a_value_lights_its_box_and_a_box_its_value(page: Page) -> None:
    open_sample(page, "invoice.pdf")
    page.click("role=tab[name=Extract]")
    page.click("#extract")
    page.wait_for_selector(".sheet", timeout=MODEL_MILLISECONDS)
    owner = page.locator("#fields .field[data-boxes]").first
    name = owner.get_attribute("data-mark")
    owner.locator("label").hover()
    page.wait_for_selector(f'.mark.hovered[data-of="{name}"]')
    other = page.locator("#fields .field[data-boxes]").nth(1).get_attribute("data-mark")
    page.locator(f'.mark[data-of="{other}"]').first.hover()
    page.wait_for_selector(f'#fields .field.hovered[data-mark="{other}"]')


def test_pages_are_turned_and_overlays_switched_without_the_server(page: Page) -> None:
    open_sample(page, "scanned-contract.pdf")
    page.click('[aria-label="Next page"]')
    page.wait_for_selector('img[alt="Page 2 of scanned-contract.pdf"]')
    page.wait_for_selector('[data-read="1"]', timeout=READ_MILLISECONDS)
    page.click('[data-turn="1"]')
    page.wait_for_selector('img[alt="Page 1 of scanned-contract.pdf"]')
    page.wait_for_selector('[data-read="1"]', timeout=READ_MILLISECONDS)
    assert not page.locator(".tiles rect").first.is_visible()
    width = page.evaluate(
        """() => { document.querySelector("[data-layer=tiles]").click();
        return document.querySelector(".tiles rect").getBoundingClientRect().width; }"""
    )
    assert width > 0  # within the click: nothing was asked for
    assert page.locator(".tiles rect").first.is_visible()


def test_the_inspector_says_what_the_views_are_for(page: Page) -> None:
    open_sample(page, "invoice.pdf")
    page.fill("#composer textarea", "What is the total?")
    page.press("#composer textarea", "Enter")
    page.wait_for_selector(".answer .reply", timeout=MODEL_MILLISECONDS)  # the model is there then
    page.click("[data-tool=inspect]")
    page.wait_for_selector("#inspector .views img")
    assert "shown no tiles" in page.inner_text("#inspector")  # the embedded model reads words
    seconds = page.locator("#inspector .budgets tbody td:last-child").all_inner_texts()
    fast, balanced, accurate = (float(text.removesuffix(" s")) for text in seconds)
    assert 0 < fast == balanced == accurate  # for a model that is shown none, see test_tile_inspector.py


def test_a_click_shows_a_tile_in_its_own_pixels(page: Page) -> None:
    open_sample(page, "invoice.pdf")
    page.click("[data-tool=inspect]")
    page.click("#inspector .views button >> nth=1")
    large = page.wait_for_selector(".tile-large img")
    assert large is not None
    told = page.inner_text("#inspector .views [aria-current] small")
    sides = [int(side) for side in told.removesuffix(" px").split(" × ")]
    assert max(sides) > 300
    drawn = "image => [image.naturalWidth, image.naturalHeight, image.width, image.height]"
    assert large.evaluate(drawn) == [*sides, *sides]
    page.click("#inspector :text('All views')")
    page.wait_for_selector("#inspector .budgets")
    assert page.locator(".tile-large").count() == 0


def test_every_bad_file_gets_a_sentence_and_the_good_ones_open(
    page: Page, samples: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\nthis is no document\n")
    text = tmp_path / "notes.png"
    text.write_text("not a picture")
    _upload(page, broken, samples / "invoice.pdf", text)
    page.wait_for_selector('.page-title:has-text("invoice.pdf")', timeout=READ_MILLISECONDS)
    page.wait_for_function("document.querySelectorAll('.incoming .failed').length == 2")
    shown = page.inner_text("#incoming")
    assert "broken.pdf" in shown and "notes.png" in shown
    assert "Traceback" not in page.content()
    assert page.locator(".document").count() == 1
    page.click("text=Dismiss")
    page.wait_for_selector("#incoming .failed", state="detached")


def test_an_encrypted_pdf_asks_for_its_password(page: Page, samples: Path, tmp_path: Path) -> None:
    _upload(page, _locked(samples / "invoice.pdf", tmp_path))
    page.fill(".unlock input", "wrong", timeout=READ_MILLISECONDS)
    page.press(".unlock input", "Enter")
    page.wait_for_selector('.incoming .locked:has-text("wrong")', timeout=READ_MILLISECONDS)
    page.fill(".unlock input", "sesame")
    page.press(".unlock input", "Enter")
    page.wait_for_selector('.page-title:has-text("locked.pdf")', timeout=READ_MILLISECONDS)
    page.wait_for_selector(".unlock", state="detached", timeout=READ_MILLISECONDS)


def _locked(source: Path, folder: Path) -> Path:
    import pymupdf

    locked = folder / "locked.pdf"
    with pymupdf.open(source) as document:
        document.save(locked, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="sesame", owner_pw="owner")
    return locked


def test_of_several_documents_one_that_fails_does_not_end_the_others(
    page: Page, samples: Path, tmp_path: Path
) -> None:
    _upload(page, _locked(samples / "invoice.pdf", tmp_path))
    page.fill(".unlock input", "sesame", timeout=READ_MILLISECONDS)
    page.press(".unlock input", "Enter")
    page.wait_for_selector('.page-title:has-text("locked.pdf")', timeout=READ_MILLISECONDS)
    open_sample(page, "receipt.jpg")
    page.reload()  # another tab, which does not know the password
    for name in ("locked.pdf", "receipt.jpg"):
        page.check(f"#left [aria-label='Select {name}']")
        page.wait_for_selector(f"#left [aria-label='Select {name}'][checked]")
    page.select_option("#composer [name=scope]", "selected")
    assert page.get_attribute("#composer textarea", "placeholder") == "Ask about the selected documents"
    page.fill("#composer textarea", "What is the date?")
    page.press("#composer textarea", "Enter")
    page.wait_for_selector("#answers :text('Back to the open document')", timeout=MODEL_MILLISECONDS)
    assert page.locator("#answers .other").count() == 2
    failed = page.inner_text("#answers .other:has(.error)")
    assert "locked.pdf" in failed and "password" in failed
    assert "receipt.jpg" in page.inner_text("#answers button.other")
    page.click("role=tab[name=Extract]")
    page.select_option("#extract-bar [name=scope]", "selected")
    page.click("#extract")
    page.wait_for_selector("#extract-notice .error", timeout=MODEL_MILLISECONDS)
    page.wait_for_selector("#extract:visible", timeout=MODEL_MILLISECONDS)
    assert "locked.pdf: " in page.inner_text("#extract-notice")
    assert page.locator(".results tbody tr").count() == 1


def test_a_new_question_about_several_documents_comes_into_view_below_the_earlier_ones(page: Page) -> None:
    for name in ("invoice.pdf", "receipt.jpg"):
        open_sample(page, name)
        page.check(f"#left [aria-label='Select {name}']")
        page.wait_for_selector(f"#left [aria-label='Select {name}'][checked]")
    page.select_option("#composer [name=scope]", "selected")
    questions = ["What is the date?", "What is the total?", "Who sells?", "Who buys?"]
    for question in questions:
        ask(page, question)
        done = f"#answers .asked:text-is('{question}') ~ [data-choice='back:']"
        page.wait_for_selector(done, timeout=MODEL_MILLISECONDS)
    assert page.locator("#answers .asked").all_inner_texts() == questions
    assert page.evaluate("document.querySelector('#answers').scrollTop") > 0
    page.wait_for_function(
        """() => {
          const list = document.querySelector("#answers").getBoundingClientRect();
          const last = [...document.querySelectorAll("#answers .asked")].at(-1).getBoundingClientRect();
          return last.top >= list.top && last.bottom <= list.bottom;
        }"""
    )


def test_the_answer_of_another_document_is_lit_where_it_stands(page: Page, tmp_path: Path) -> None:
    _upload(page, _letter(tmp_path / "first.pdf", "Dear Sir, your order is on its way."))
    page.wait_for_selector('.page-title:has-text("first.pdf")', timeout=READ_MILLISECONDS)
    page.wait_for_selector('[data-read="1"]', timeout=READ_MILLISECONDS)
    cover = "Dear Madam, please find our invoice enclosed."
    _upload(page, _letter(tmp_path / "second.pdf", cover, "Invoice number: QX-4471"))
    page.wait_for_selector('.page-title:has-text("second.pdf")', timeout=READ_MILLISECONDS)
    page.wait_for_selector(".incoming li", state="detached", timeout=READ_MILLISECONDS)
    page.click('.document:has-text("first.pdf")')
    page.wait_for_selector('.page-title:has-text("first.pdf")', timeout=READ_MILLISECONDS)
    for name in ("first.pdf", "second.pdf"):
        page.check(f"#left [aria-label='Select {name}']")
        page.wait_for_selector(f"#left [aria-label='Select {name}'][checked]")
    page.select_option("#composer [name=scope]", "selected")
    ask(page, "What is the invoice number?")
    page.wait_for_selector("#answers :text('Back to the open document')", timeout=MODEL_MILLISECONDS)
    card = page.locator("#answers button.other:has-text('second.pdf')")
    assert "QX-4471" in card.inner_text() and "Page 2" in card.inner_text()
    card.click()
    page.wait_for_selector('img[alt="Page 2 of second.pdf"]', timeout=READ_MILLISECONDS)
    page.wait_for_selector(".evidence-box", timeout=READ_MILLISECONDS)
    assert page.locator(".evidence-box").get_attribute("data-of") == page.locator(
        "#answers .chosen"
    ).get_attribute("data-mark")
    assert "QX-4471" in page.inner_text("#answers .chosen")


def _letter(path: Path, *pages: str) -> Path:
    import pymupdf

    with pymupdf.open() as document:
        for text in pages:
            document.new_page().insert_text((72, 120), text, fontsize=12)
        document.save(path)
    return path


def test_a_document_is_deleted_after_a_second_click(page: Page) -> None:
    open_sample(page, "receipt.jpg")
    page.hover(".document-entry")
    page.click(".delete")
    assert page.locator(".document").count() == 1
    page.click(".delete.confirming")
    page.wait_for_selector(".document", state="detached")
    page.wait_for_selector(".page-empty:visible")


def test_the_picture_of_a_deleted_document_does_not_stand_under_the_next_one(page: Page) -> None:
    open_sample(page, "invoice.pdf")
    before = page.get_attribute(".page-sheet img", "src")
    page.hover(".document-entry")
    page.click(".delete")
    page.click(".delete.confirming")
    page.wait_for_selector(".page-empty:visible")
    open_sample(page, "receipt.jpg")
    assert page.get_attribute(".page-sheet img", "src") != before


def test_asking_without_a_document_says_what_to_do(page: Page) -> None:
    page.fill("#composer textarea", "What is the total?")
    page.press("#composer textarea", "Enter")
    page.wait_for_selector("#answers .error")
    assert "No document is open here" in page.inner_text("#answers")
