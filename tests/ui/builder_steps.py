"""Building a schema in the page, as a person does in Extract."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.sync_api import Page


def build_schema(page: Page, fields: Sequence[str], name: str) -> None:
    """With Extract in front: paste the fields (``name`` or ``name:type``), save them as a template."""
    page.click("#extract-bar [data-choice='build:']")
    page.click("#builder summary")
    page.fill("#builder [data-of=json]", ", ".join(fields))
    page.click("#builder [data-build=import]")
    page.wait_for_function(f"document.querySelectorAll('#builder tbody tr').length == {len(fields)}")
    page.fill("#builder [data-of=schema]", name)
    page.click("#builder [data-build=save]")
    page.wait_for_selector("#builder table", state="detached")
