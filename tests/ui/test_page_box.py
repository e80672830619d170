"""Boxes drawn on the page, in a real browser, served by the real program with the embedded model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ui.desk_steps import MODEL_MILLISECONDS, READ_MILLISECONDS, ask, draw_box, open_sample

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_box_drawn_on_the_page_narrows_the_question(page: Page) -> None:
    open_sample(page, "invoice.pdf")
    page.click("[data-tool=box]")
    sheet = page.locator(".page-sheet").bounding_box()
    assert sheet is not None
    page.mouse.move(sheet["x"] + 20, sheet["y"] + 20)
    page.mouse.down()
    page.mouse.move(sheet["x"] + sheet["width"] / 2, sheet["y"] + 150, steps=4)
    page.mouse.up()
    page.wait_for_selector(".region-chip:visible")
    assert "page 1" in page.inner_text(".region-chip")
    assert page.get_attribute("#composer textarea", "placeholder") == "Ask about what is in the box"
    page.click("[data-clear-region]")
    assert page.locator(".region-box").count() == 0
    draw_box(page, (20, 20, 300, 150))
    page.wait_for_selector(".region-chip:visible")
    page.mouse.click(sheet["x"] + 5, sheet["y"] + 5)  # where nothing is printed: the box goes, for both
    page.wait_for_selector(".region-chip", state="hidden")
    assert page.locator(".region-box").count() == 0


DUE_DATE = (340.0, 214.0, 535.0, 230.0)
"""Around the third of the four lines beside the address of the sample invoice, in points."""


def test_a_question_about_a_box_is_answered_from_the_box(page: Page) -> None:
    question = "What is the date?"
    open_sample(page, "invoice.pdf")
    ask(page, question)
    page.wait_for_selector("#answers .answer:not(.pending)", timeout=MODEL_MILLISECONDS)
    draw_box(page, DUE_DATE)
    page.wait_for_selector(".region-chip:visible")
    ask(page, question)
    page.wait_for_selector('[data-mark="answer:1"]', timeout=MODEL_MILLISECONDS)
    whole, boxed = page.locator("#answers .answer").all()
    assert "17 April 2026" in boxed.inner_text() and "Box on page 1" in boxed.inner_text()
    assert question in whole.inner_text() and "Box on" not in whole.inner_text()
    page.wait_for_selector(".evidence-box")
    region = page.locator(".region-box").bounding_box()
    assert region is not None
    for evidence in page.locator(".evidence-box").all():
        assert evidence.get_attribute("data-of") == "answer:1"
        place = evidence.bounding_box()
        assert place is not None
        assert region["x"] <= place["x"] and region["y"] <= place["y"]
        assert place["x"] + place["width"] <= region["x"] + region["width"]
        assert place["y"] + place["height"] <= region["y"] + region["height"]

    page.reload()
    page.click('.document:has-text("invoice.pdf")')
    page.wait_for_selector('[data-mark="answer:1"]', timeout=READ_MILLISECONDS)
    chips = [card.inner_text() for card in page.locator("#answers .answer").all()]
    assert ["Box on page 1" in text for text in chips] == [False, True]


def test_a_box_is_drawn_by_the_keyboard_alone(page: Page) -> None:
    open_sample(page, "invoice.pdf")
    page.wait_for_selector('[data-read="1"]', timeout=READ_MILLISECONDS)
    page.locator(".page-scroll").focus()
    for key in ("b", "ArrowUp"):
        page.keyboard.press(key)
    first = _region_box(page)
    told = page.inner_text(".box-told")
    for key in ("ArrowUp", "ArrowLeft", "Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowRight"):
        page.keyboard.press(key)
    moved = _region_box(page)
    assert moved["x"] < first["x"] and moved["y"] < first["y"]
    assert moved["width"] > first["width"] and moved["height"] > first["height"]
    for _ in range(60):
        page.keyboard.press("ArrowUp")
    assert _region_box(page)["y"] == 0
    assert page.inner_text(".box-told") != told
    page.keyboard.press("Enter")
    page.wait_for_selector(".region-chip:visible")
    page.locator(".page-scroll").press("Escape")
    page.wait_for_selector(".region-chip", state="hidden")
    assert page.locator(".region-box").count() == 0


def test_a_box_does_not_outlive_its_page(page: Page) -> None:
    open_sample(page, "scanned-contract.pdf")
    for key in ("b", "ArrowUp", "Enter"):
        page.locator(".page-scroll").press(key)
    page.wait_for_selector(".region-chip:visible")
    page.click("role=tab[name=Extract]")
    page.click('[aria-label="Next page"]')
    page.wait_for_selector('img[alt="Page 2 of scanned-contract.pdf"]')
    page.click("role=tab[name=Ask]")
    page.wait_for_selector(".region-chip", state="hidden")


def _region_box(page: Page) -> dict[str, float]:
    box = page.locator(".region-box")
    return {name: float(box.get_attribute(name) or "nan") for name in ("x", "y", "width", "height")}
