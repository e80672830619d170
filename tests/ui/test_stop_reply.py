"""Stop in the tab Ask, in a real browser, while a model server streams a reply that would take minutes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docvlm.store import Store
from tests.models.server.slow_server import SlowServer, slow_server

if TYPE_CHECKING:
    from playwright.sync_api import Page

PATIENCE = 60_000
LONG_QUESTION, QUESTION, ANSWER = "What is sold here?", "What is the total?", "5,857.44"
LONG_REPLY = [f"piece {number} of the reply, " for number in range(400)]
PAUSE_SECONDS = 0.3
AT_ONCE_SECONDS = 30.0  # for what would otherwise go on for two minutes

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def _write(prompt: str) -> Sequence[str]:
    return LONG_REPLY if LONG_QUESTION in prompt else [ANSWER]


@pytest.fixture(scope="module")
def server() -> Iterator[SlowServer]:
    with slow_server(_write, PAUSE_SECONDS) as running:
        yield running


@pytest.fixture(scope="module")
def app_environment(server: SlowServer) -> dict[str, str]:
    # One request at a time: a reply that went on behind the page's back would hold the next one up.
    return {"DOCVLM_MODEL": f"{server.url}#slow", "DOCVLM_SERVER_CONCURRENCY": "1"}


def test_stop_ends_a_reply_while_it_streams(page: Page, server: SlowServer, model_home: Path) -> None:
    page.set_default_timeout(PATIENCE)
    page.click('[data-choice="sample:invoice.pdf"]')
    page.wait_for_selector('.page-title:has-text("invoice.pdf")')
    page.wait_for_selector('[data-read="1"]')
    page.wait_for_selector("#model .ready")
    _ask(page, LONG_QUESTION)
    page.wait_for_selector("#answers .pending .reply:has-text('piece 3 of the reply')")

    page.click("#composer .stop")
    pressed = time.monotonic()
    page.wait_for_selector("#answers [role=alert]:text-is('Stopped.')")
    page.wait_for_selector("#composer .stop", state="hidden")
    assert time.monotonic() - pressed < AT_ONCE_SECONDS
    assert page.locator("#answers .answer").count() == 0  # what came is no answer
    _wait_until_hung_up(server, pressed + AT_ONCE_SECONDS)
    assert server.sent < len(LONG_REPLY) // 2
    assert _stored(model_home) == {}

    _ask(page, QUESTION)
    page.wait_for_selector(f"#answers .answer:not(.pending):has-text('{ANSWER}')")
    assert page.locator("#answers .answer").count() == 1
    assert "Stopped" not in page.inner_text("#answers")
    assert _stored(model_home) == {QUESTION: ANSWER}


def test_stop_ends_a_reply_of_several_documents_while_it_streams(page: Page, model_home: Path) -> None:
    page.set_default_timeout(PATIENCE)
    for name in ("invoice.pdf", "receipt.jpg"):
        page.click(f'[data-choice="sample:{name}"]')
        page.wait_for_selector(f'.page-title:has-text("{name}")')
        page.wait_for_selector('[data-read="1"]')
        page.wait_for_selector(".incoming li", state="detached")
    for name in ("invoice.pdf", "receipt.jpg"):
        page.check(f"#left [aria-label='Select {name}']")
        page.wait_for_selector(f"#left [aria-label='Select {name}'][checked]")
    page.select_option("#composer [name=scope]", "selected")
    before = _stored(model_home)
    _ask(page, LONG_QUESTION)
    page.wait_for_selector(".answer.pending:has-text('invoice.pdf') .reply:has-text('piece 3 of the')")
    page.click("#composer .stop")
    page.wait_for_selector("#answers [role=alert]:text-is('Stopped.')")
    page.wait_for_selector("#composer .stop", state="hidden")
    assert _stored(model_home) == before

    _ask(page, QUESTION)
    page.wait_for_selector("#answers [data-choice='back:']")
    page.wait_for_selector(f"#answers .other:has-text('invoice.pdf'):has-text('{ANSWER}')")
    page.wait_for_selector("#answers .other:has-text('receipt.jpg'):has-text('Not found')")


def _ask(page: Page, question: str) -> None:
    page.fill("#composer textarea", question)
    page.press("#composer textarea", "Enter")


def _wait_until_hung_up(server: SlowServer, latest: float) -> None:
    while not server.hung_up:
        assert time.monotonic() < latest, "the server was not told"
        time.sleep(0.1)


def _stored(home: Path) -> dict[str, str | None]:
    """The answers in the database, by their questions."""
    with Store.open(f"sqlite:///{home / 'docvlm.sqlite'}") as store:
        return {
            record.answer.question: record.answer.text
            for document in store.list_documents()
            for record in store.answers(document.id)
        }
