"""A page that is left open while the app ends and is started again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ui.desk_steps import open_sample
from tests.ui.served_app import empty_home, free_port, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PATIENCE = 60_000


@pytest.mark.browser
@pytest.mark.slow
def test_a_page_that_outlived_its_app_says_so_and_loads_again(browser: Browser, tmp_path: Path) -> None:
    home, port = empty_home(tmp_path), free_port()
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    with served(home, port) as address:
        page.goto(address)
        open_sample(page, "invoice.pdf")
        page.wait_for_selector("#model .ready")  # until then Gradio sees by itself that the app is gone
    with served(home, port):
        page.click("#restarted a")
        page.wait_for_selector("#restarted", state="detached")
        page.click("#documents .document:has-text('invoice.pdf')")
        page.wait_for_selector('[data-read="1"]')
        page.wait_for_timeout(6_000)  # it looks every five seconds
        assert page.locator("#restarted").count() == 0
    page.close()
