"""What a person does at the desk in a browser: opens a sample, asks, draws a box."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

READ_MILLISECONDS = 120_000
MODEL_MILLISECONDS = 300_000


def open_sample(page: Page, name: str) -> None:
    """Open a sample, and wait until its page has been read."""
    page.click(f'[data-choice="sample:{name}"]')
    page.wait_for_selector(f'.page-title:has-text("{name}")', timeout=READ_MILLISECONDS)
    page.wait_for_selector('[data-read="1"]', timeout=READ_MILLISECONDS)


def ask(page: Page, question: str) -> None:
    """Ask, without waiting for the answer."""
    page.fill("#composer textarea", question)
    page.press("#composer textarea", "Enter")


def draw_box(page: Page, points: tuple[float, float, float, float]) -> None:
    """Draw a box on an A4 page with the box tool, given in points."""
    sheet = page.locator(".page-sheet").bounding_box()
    assert sheet is not None
    scale = sheet["width"] / 595
    x0, y0, x1, y1 = (side * scale for side in points)
    page.click("[data-tool=box]")
    page.mouse.move(sheet["x"] + x0, sheet["y"] + y0)
    page.mouse.down()
    page.mouse.move(sheet["x"] + x1, sheet["y"] + y1, steps=4)
    page.mouse.up()
