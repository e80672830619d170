"""Five people at once, each with a document of their own, served by the real program and its model."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pymupdf
import pytest

from tests.ui.desk_steps import MODEL_MILLISECONDS, READ_MILLISECONDS
from tests.ui.http_browser import SECONDS, callback_of, join, keep_document, messages_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

PEOPLE = ("Anna", "Bela", "Carl", "Dora", "Emil")
TOTALS = ("41.70", "152.30", "263.95", "374.10", "485.25")
AT_ONCE = 4
SCANNED_PAGES = 20
SAMPLE = {"choice": "sample:invoice.pdf"}
TOLD_SECONDS = 0.5
"""How much later one listener may hear of something than another."""

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One browser with one tab. ``told`` is what came to it while its document was read."""

    client: httpx.Client
    name: str
    total: str
    told: str

    @property
    def tab(self) -> str:
        return f"tab of {self.name}"

    def ask(self, question: str) -> None:
        composer = callback_of(self.client, "composer", "ask")
        event = {"question": question, "scope": "document"}
        assert join(self.client, composer, [], event, self.tab).status_code == 200


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that came to a tab, and when."""

    at: float
    message: dict[str, Any]


@pytest.fixture(scope="module")
def people(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Person]]:
    """All five put in their document at the same time."""
    folder = tmp_path_factory.mktemp("documents")
    clients = [httpx.Client(base_url=address, timeout=SECONDS) for _ in PEOPLE]
    try:
        with ThreadPoolExecutor(len(PEOPLE)) as pool:
            yield list(pool.map(_come, clients, PEOPLE, TOTALS, [folder] * len(PEOPLE)))
    finally:
        for client in clients:
            client.close()


def _come(client: httpx.Client, name: str, total: str, folder: Path) -> Person:
    file = folder / f"{name}.pdf"
    with pymupdf.open() as document:
        page = document.new_page()
        for row, line in enumerate((f"{name} & Sons", "Date: 12/03/2024", f"Total: {total} EUR")):
            page.insert_text((72, 72 + 24 * row), line, fontsize=12)
        document.save(file)
    assert client.get("/").status_code == 200
    person = Person(client, name, total, "")
    assert keep_document(client, file, person.tab).status_code == 200
    return Person(client, name, total, messages_of(client, person.tab))


def _hear(person: Person) -> list[Heard]:
    """Everything that comes until no work of the tab goes on."""
    heard = []
    listening = person.client.stream("GET", "gradio_api/queue/data", params={"session_hash": person.tab})
    with listening as stream:
        for line in stream.iter_lines():
            if line.startswith("data:"):
                heard.append(Heard(time.monotonic(), json.loads(line[5:])))
                if heard[-1].message["msg"] == "close_stream":
                    break
    return heard


def _first(heard: list[Heard], kind: str) -> float:
    return next(one.at for one in heard if one.message["msg"] == kind)


def _assert_only_own(told: str, person: Person) -> None:
    assert '"success":false' not in told.replace(" ", "")
    for name, total in zip(PEOPLE, TOTALS, strict=True):
        if name != person.name:
            assert f"{name}.pdf" not in told and f"{name} &" not in told and total not in told


def test_each_reads_and_asks_their_own_document_in_turn(people: list[Person]) -> None:
    for person in people:
        assert f"{person.name}.pdf" in person.told
        _assert_only_own(person.told, person)
    for person in people:
        person.ask("What is the total?")
    with ThreadPoolExecutor(len(people)) as pool:
        heard = list(pool.map(_hear, people))
    for person, messages in zip(people, heard, strict=True):
        told = json.dumps([one.message for one in messages]).replace('\\"', '"')
        _assert_only_own(told, person)
        assert re.search(rf'class="reply">{re.escape(person.total)}', told), told[-2000:]
    begun = [_first(messages, "process_starts") for messages in heard]
    ended = [_first(messages, "process_completed") for messages in heard]
    assert max(begun[:AT_ONCE]) < begun[-1] + TOLD_SECONDS  # who came last is served last,
    assert begun[-1] > min(ended) - TOLD_SECONDS  # as soon as another is done


def test_long_readings_hold_back_nobody_else(people: list[Person], tmp_path: Path) -> None:
    *readers, other = people
    for person in readers:
        scan = _scan(tmp_path / f"scan of {person.name}.pdf", person.name)
        assert keep_document(person.client, scan, _reading(person)).status_code == 200
    begun = [threading.Event() for _ in readers]
    with ThreadPoolExecutor(len(readers)) as pool:
        told = [pool.submit(_hear_reading, *each) for each in zip(readers, begun, strict=True)]
        assert all(event.wait(SECONDS) for event in begun)
        (document,) = set(re.findall(r"tick:(\d+)", other.told))
        tick = callback_of(other.client, "documents", "tick")
        join(other.client, tick, [], {"choice": f"tick:{document}:1"}, "ticking")
        assert "1 selected" in messages_of(other.client, "ticking")
        keep_document(other.client, _letter(tmp_path / "letter.pdf"), "opening")
        assert "letter.pdf" in messages_of(other.client, "opening")  # read to its end, between their pages
        assert not any(future.done() for future in told)
        for person in readers:  # another document in their tab ends the reading of the scan
            join(person.client, callback_of(person.client, "samples", "select"), [], SAMPLE, _reading(person))
        assert all(f"Reading page {SCANNED_PAGES} of" not in future.result(SECONDS) for future in told)


def _reading(person: Person) -> str:
    return f"reading tab of {person.name}"


def _letter(path: Path) -> Path:
    with pymupdf.open() as document:
        document.new_page().insert_text((72, 72), "A short letter")
        document.save(path)
    return path


def _scan(path: Path, name: str) -> Path:
    """Many pages without a text layer, so that each takes its time to be read."""
    with pymupdf.open() as written, pymupdf.open() as scanned:
        for number in range(SCANNED_PAGES):
            page = written.new_page()
            for row in range(15):
                page.insert_text((60, 60 + 24 * row), f"{name} {number} {row} lorem ipsum dolor sit amet")
            scanned.new_page().insert_image(page.rect, pixmap=page.get_pixmap(dpi=110))
        scanned.save(path)
    return path


def _hear_reading(person: Person, begun: threading.Event) -> str:
    """Everything that comes until the reading is over; says when the first page has been read."""
    told, tab = "", {"session_hash": _reading(person)}
    with person.client.stream("GET", "gradio_api/queue/data", params=tab) as stream:
        for line in stream.iter_lines():
            told += line
            if re.search(r"Reading page [2-9] of", line):
                begun.set()
            if '"close_stream"' in line:
                break
    return told


@pytest.mark.browser
def test_who_waits_is_told_how_many_are_before(people: list[Person], page: Page, tmp_path: Path) -> None:
    page.click('[data-choice="sample:invoice.pdf"]')
    page.wait_for_selector('[data-read="1"]', timeout=READ_MILLISECONDS)
    page.fill("#composer textarea", "What is the invoice number?")
    for number in range(3):
        for person in people:
            person.ask(f"What is the date of bill {number}?")
    page.press("#composer textarea", "Enter")
    place = page.wait_for_selector("#queue-place:visible")
    assert place is not None
    told = re.fullmatch(r"Waiting\. (\d+) before you\.", place.inner_text())
    assert told is not None and 0 < int(told[1]) <= 3 * len(people) - AT_ONCE, place.inner_text()
    page.screenshot(path=tmp_path / "waiting.png")
    page.wait_for_selector('[data-mark="answer:0"]', timeout=MODEL_MILLISECONDS)
    page.wait_for_selector("#queue-place", state="hidden")
    for person in people:
        _hear(person)
