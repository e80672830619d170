"""On a phone no tab scrolls sideways, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

PHONE: ViewportSize = {"width": 390, "height": 844}
SMALL_PHONE: ViewportSize = {"width": 360, "height": 740}
TOO_NARROW: ViewportSize = {"width": 320, "height": 640}  # for five tabs in a row
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
READ_MILLISECONDS = 120_000
ROOMS = {
    "Desk": "#left .document",
    "Fine-tune": "#tune-choice *",
    "Library": "#library .document",
    "Batch": "#batch-form form",
    "Models": "#model-form form, #models form",
}
SEEN_TOGETHER = """([field]) => {
  const sheet = document.querySelector("#middle .page-scroll").getBoundingClientRect();
  const box = document.querySelector(field).getBoundingClientRect();
  const page = Math.min(sheet.bottom, innerHeight) - Math.max(sheet.top, 0);
  return { page, above: box.top - sheet.bottom, below: innerHeight - box.bottom };
}"""
TABS_SHOWN = """() => [...document.querySelector('[role=tablist]').querySelectorAll('[role=tab]')]
  .filter((tab) => tab.offsetParent !== null).map((tab) => tab.textContent.trim())"""
OVERHANGING = """() => {
  const [width, wanted] = [document.documentElement.clientWidth, document.documentElement.scrollWidth];
  if (wanted <= width) return [];
  const wide = [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > width + 1)
    .map((one) => `${one.tagName} #${one.id}`);
  return [`${wanted} pixels wide`, ...wide.slice(0, 8)];
}"""

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_no_tab_scrolls_sideways_on_a_phone(page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.click('[data-choice="sample:invoice.pdf"]')
    page.wait_for_selector('[data-read="1"]', timeout=READ_MILLISECONDS)
    wide = {}
    for task in ("Extract", "Label", "Ask"):
        page.click(f"role=tab[name={task}]")
        wide[task] = page.evaluate(OVERHANGING)
    for room, shown in ROOMS.items():
        page.click(f"role=tab[name={room}]")
        page.wait_for_selector(shown, state="attached", timeout=READ_MILLISECONDS)
        wide[room] = page.evaluate(OVERHANGING)
    assert {name: parts for name, parts in wide.items() if parts} == {}


def test_the_page_stays_in_sight_while_its_values_are_checked(page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.click('[data-choice="sample:receipt.jpg"]')
    page.wait_for_selector('[data-read="1"]', timeout=READ_MILLISECONDS)
    page.click("role=tab[name=Extract]")
    page.click("#extract")
    page.wait_for_selector("#fields .field .sureness", timeout=READ_MILLISECONDS)
    first, last = "#fields .field-input", '#fields .field-input[id$="-total"]'
    for field in (last, first, last):  # down and up again
        page.focus(field)
        page.wait_for_timeout(300)
        seen = page.evaluate(SEEN_TOGETHER, [field])
        assert seen["page"] > 200 and seen["above"] >= 0 and seen["below"] >= 0, (field, seen)


def test_every_tab_has_room_on_a_small_phone(page: Page) -> None:
    page.set_viewport_size(SMALL_PHONE)
    page.wait_for_function(f"({TABS_SHOWN})().length == {len(ROOMS)}")
    assert page.evaluate(TABS_SHOWN) == list(ROOMS)
    page.set_viewport_size(TOO_NARROW)
    page.wait_for_function(f"({TABS_SHOWN})().length < {len(ROOMS)}")
    page.click("role=button[name='More tabs']")
    page.click(".overflow-dropdown button:visible >> text=Models")
    page.wait_for_selector("role=tab[name=Models][selected=true]")


def test_a_window_made_narrow_and_wide_again_has_each_tab_once(page: Page) -> None:
    for _ in range(3):
        page.set_viewport_size(TOO_NARROW)
        page.wait_for_selector("role=tab[name=Models]", state="hidden")
        page.set_viewport_size(DESKTOP)
        page.wait_for_selector("role=tab[name=Models]")
    for room in ROOMS:
        page.locator(f"role=tab[name={room}]").first.click()
        page.wait_for_selector(f"role=tab[name={room}][selected=true]")
        assert page.evaluate(TABS_SHOWN) == list(ROOMS)
