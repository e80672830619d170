"""The tab Library over a real store; then in a real browser."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from docvlm.errors import StoreError
from docvlm.store import DocumentOverview, DocumentRecord, Label, LabelKind
from docvlm.types import Answer, DocumentInfo, RunInfo
from docvlm.ui.callbacks import no_updates
from docvlm.ui.library import Library
from docvlm.ui.library_html import marked
from docvlm.ui.library_tab import LibraryTab
from docvlm.ui.library_view import Entry, Filters, Status, filtered, statistics, status_of
from docvlm.ui.page import Rooms
from docvlm.ui.sessions import Session
from tests.pages import reading_of
from tests.ui.events import event_of, last, request_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

RUN = RunInfo("model", "1", None, "", "reader", "all", "1")
SLOW_LINE = {"offline": False, "latency": 800, "downloadThroughput": -1, "uploadThroughput": -1}
"""For Chromium: everything takes so many milliseconds longer."""
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def _session(rooms: Rooms, person: str) -> Session:
    return rooms.desk.sessions.of(request_of(person))


def _keep(rooms: Rooms, person: str, samples: Path, *names: str) -> dict[str, int]:
    """Put samples into a person's library and read them; ids by name."""
    session = _session(rooms, person)
    library, numbers = rooms.desk.library(session), {}
    for name in names:
        view = rooms.desk.open_view(session, library.keep(samples / name, name))
        list(view.document.read())
        numbers[name] = view.document.id
        view.close()
    return numbers


def _list(rooms: Rooms, person: str, **wanted: str) -> str:
    tab = rooms.library
    return str(last(tab._filter(event_of(**wanted), request_of(person)))[tab._list])


def _act(tab: LibraryTab, person: str, choice: str) -> dict[Any, Any]:
    return last(tab._act(event_of(choice=choice), request_of(person)))


def test_everything_of_this_owner_is_listed_and_nothing_of_another(rooms: Rooms, samples: Path) -> None:
    _keep(rooms, "anna", samples, "invoice.pdf")
    _keep(rooms, "bela", samples, "scanned-contract.pdf")
    assert "invoice.pdf" in _list(rooms, "anna") and "contract" not in _list(rooms, "anna")
    found = _list(rooms, "bela", query="agreement")
    assert "<mark>" in found and "scanned-contract.pdf" in found
    assert "No page or answer holds" in _list(rooms, "anna", query="agreement")


def test_what_goes_wrong_is_told_without_the_folders_of_this_machine(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreError("The database /srv/secret/docvlm.sqlite cannot be read.", "Try again.")

    monkeypatch.setattr(Library, "overviews", fail)
    told = _list(rooms, "anna")
    assert "The database docvlm.sqlite cannot be read. <span>Try again.</span>" in told
    assert "secret" not in told


def test_a_hit_opens_the_document_at_its_page_on_the_desk(rooms: Rooms, samples: Path) -> None:
    number = _keep(rooms, "anna", samples, "scanned-contract.pdf")["scanned-contract.pdf"]
    rooms.desk.workspace.store.save_answer(number, RUN, Answer("Who?", "Nobody", 0.9, 1, ()))
    updates = _act(rooms.library, "anna", f"open:{number}:2")
    assert updates[rooms.tabs].selected == "desk"
    view = _session(rooms, "anna").view
    assert view is not None and (view.name, view.page_number) == ("scanned-contract.pdf", 2)
    assert [answer.text for answer in view.answers] == ["Nobody"]
    _act(rooms.library, "bela", f"open:{number}:1")
    assert _session(rooms, "bela").view is None
    view.close()


def test_deleting_removes_the_file_the_rows_and_the_open_document(rooms: Rooms, samples: Path) -> None:
    number = _keep(rooms, "anna", samples, "invoice.pdf")["invoice.pdf"]
    _act(rooms.library, "anna", f"open:{number}")
    assert _session(rooms, "anna").view is not None
    _act(rooms.library, "bela", f"delete:{number}")
    store = rooms.desk.workspace.store
    assert store.document(number) is not None
    updates = _act(rooms.library, "anna", f"delete:{number}")
    assert "Nothing is kept yet" in updates[rooms.library._list]
    assert store.document(number) is None and store.search("invoice") == []
    assert _session(rooms, "anna").view is None
    assert not any((rooms.desk.workspace.settings.home / "documents").rglob("*.*"))


def test_ticked_documents_are_deleted_together(rooms: Rooms, samples: Path) -> None:
    numbers = _keep(rooms, "anna", samples, "invoice.pdf", "receipt.jpg")
    stranger = _keep(rooms, "bela", samples, "screenshot.png")["screenshot.png"]
    _act(rooms.library, "anna", f"tick:{stranger}:1")
    assert _session(rooms, "anna").selected == set()
    _act(rooms.library, "anna", f"tick:{numbers['receipt.jpg']}:1")
    _act(rooms.library, "anna", "delete-ticked:")
    assert "invoice.pdf" in _list(rooms, "anna") and "receipt.jpg" not in _list(rooms, "anna")
    _act(rooms.library, "anna", "tick-all:")
    assert _session(rooms, "anna").selected == {numbers["invoice.pdf"]}


def test_filters_follow_what_is_known_of_the_documents(rooms: Rooms, samples: Path) -> None:
    numbers = _keep(rooms, "anna", samples, "invoice.pdf", "receipt.jpg")
    store = rooms.desk.workspace.store
    store.save_answer(numbers["invoice.pdf"], RUN, Answer("Total?", "12", 0.3, 1, ()))
    store.save_label(numbers["receipt.jpg"], Label(LabelKind.FIELD, "total", "12"))
    for wanted, name in (
        ({"kind": "invoice"}, "invoice.pdf"),
        ({"kind": "receipt"}, "receipt.jpg"),
        ({"confidence": "unsure"}, "invoice.pdf"),
        ({"status": "checked"}, "receipt.jpg"),
    ):
        shown = _list(rooms, "anna", **wanted)
        assert [known for known in numbers if known in shown] == [name], wanted
    assert "No document fits" in _list(rooms, "anna", confidence="sure")
    assert "2 documents" in _list(rooms, "anna", status="<script>", days="1")


def test_a_search_looks_through_all_documents_that_pass_the_filters(
    rooms: Rooms, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many better places there are in documents that do not."""
    numbers = _keep(rooms, "anna", samples, "invoice.pdf", "receipt.jpg")
    store = rooms.desk.workspace.store
    monkeypatch.setattr("docvlm.ui.library_tab.MOST_HITS", 5)
    for number in range(9):
        store.save_answer(
            numbers["invoice.pdf"], RUN, Answer(f"Radish {number}?", "radish radish", 0.9, 1, ())
        )
    store.save_answer(
        numbers["receipt.jpg"], RUN, Answer("What was bought?", "one radish of many", 0.9, 1, ())
    )
    assert "The first 5 places" in _list(rooms, "anna", query="radish")
    narrowed = _list(rooms, "anna", query="radish", kind="receipt")
    assert "1 place," in narrowed and "receipt.jpg" in narrowed and "invoice.pdf" not in narrowed
    assert "“turnip” in a document that fits" in _list(rooms, "anna", query="turnip", kind="receipt")
    assert "“turnip”. Pages" in _list(rooms, "anna", query="turnip")


def test_a_form_says_which_change_it_was_made_from(rooms: Rooms, samples: Path) -> None:
    _keep(rooms, "anna", samples, "invoice.pdf")
    _list(rooms, "anna", query="total", change="7")
    cleared = _act(rooms.library, "anna", "clear:")[rooms.library._filters]
    assert 'data-change="7"' in cleared and 'value="total"' not in cleared
    _list(rooms, "bela", change="-1")
    assert 'data-change="0"' in _act(rooms.library, "bela", "page:1")[rooms.library._filters]


def _while_searching(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Have something done while the next search is under way."""
    search = Library.search

    def slow(*given: Any) -> Any:
        monkeypatch.setattr(Library, "search", search)
        act()
        return search(*given)

    monkeypatch.setattr(Library, "search", slow)


def test_what_was_asked_before_does_not_come_back_over_what_was_asked_after(
    rooms: Rooms, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _keep(rooms, "anna", samples, "invoice.pdf")

    def ask_again() -> None:
        assert "No page or answer holds" in _list(rooms, "anna", query="nowhere", change="2")

    _while_searching(monkeypatch, ask_again)
    overtaken = rooms.library._filter(event_of(query="total", change="1"), request_of("anna"))
    assert overtaken == no_updates()
    late = rooms.library._filter(event_of(query="total", change="1"), request_of("anna"))
    assert late == no_updates() and _session(rooms, "anna").filters.query == "nowhere"


def test_a_search_under_way_does_not_come_back_over_a_cleared_list(
    rooms: Rooms, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _keep(rooms, "anna", samples, "invoice.pdf")

    def clear() -> None:
        assert "invoice.pdf" in _act(rooms.library, "anna", "clear:")[rooms.library._list]

    _while_searching(monkeypatch, clear)
    overtaken = rooms.library._filter(event_of(query="nowhere", change="1"), request_of("anna"))
    assert overtaken == no_updates()


def test_names_and_snippets_are_escaped(rooms: Rooms, samples: Path, tmp_path: Path) -> None:
    session = _session(rooms, "anna")
    evil = tmp_path / "<img src=x onerror=alert(1)>.pdf"
    shutil.copy(samples / "invoice.pdf", evil)
    view = rooms.desk.open_view(session, rooms.desk.library(session).keep(evil, evil.name))
    store = rooms.desk.workspace.store
    store.save_reading(view.document.id, reading_of(["<b>totals</b> & more"]), "r")
    view.close()
    for html in (_list(rooms, "anna"), _list(rooms, "anna", query="total")):
        assert "<img src=x" not in html and "<b>totals" not in html
    assert "&lt;b&gt;<mark>totals</mark>&lt;/b&gt;" in _list(rooms, "anna", query="total")
    assert marked("Grüße, <GRUSSE>", "grusse") == "<mark>Grüße</mark>, &lt;<mark>GRUSSE</mark>&gt;"


def test_three_hundred_documents_are_listed_with_little_work_a_page_at_a_time(rooms: Rooms) -> None:
    session, store = _session(rooms, "anna"), rooms.desk.workspace.store
    folder = rooms.desk.workspace.settings.prepare_home() / "documents"
    Library(folder, session.owner)
    for number in range(300):
        identity = f"{number:064x}"
        (folder / session.owner / identity).write_bytes(b"x")
        document = store.add_document(DocumentInfo(identity, f"{number}.pdf", "application/pdf", 1, 1))
        store.save_reading(document, reading_of(["Invoice bill to somebody, amount due 12"] * 40), "r")
    _list(rooms, "anna")
    started = time.thread_time()
    shown = _list(rooms, "anna")
    seconds = time.thread_time() - started
    assert shown.count('class="document"') == 50 and "1–50 of 300" in shown
    assert seconds < 1.0
    turned = _act(rooms.library, "anna", "page:6")[rooms.library._list]
    assert "251–300 of 300" in turned
    assert "251–300 of 300" in _act(rooms.library, "anna", "page:99")[rooms.library._list]


def _entry(name: str, added: datetime = NOW, confidence: float | None = None, found: int = 0) -> Entry:
    record = DocumentRecord(1, "0" * 64, "application/pdf", 2, 1, (name,), (), added, 0, 0, 0, 0)
    overview = DocumentOverview(record, found=found, confidence=confidence)
    return Entry(overview, "receipt", status_of(overview))


def test_orders_and_dates() -> None:
    old, sure = _entry("b", NOW - timedelta(days=9), 0.9, 2), _entry("A", confidence=0.4, found=1)
    unknown = _entry("c")
    known = [unknown, sure, old]
    assert filtered(known, Filters(order="name"), NOW) == [sure, old, unknown]
    assert filtered(known, Filters(order="unsure"), NOW) == [sure, old, unknown]
    assert filtered(known, Filters(days="7"), NOW) == [unknown, sure]
    assert filtered(known, Filters(confidence="none"), NOW) == [unknown]
    assert unknown.status is Status.NEW
    counted = statistics(entry.overview for entry in known)
    assert (counted.documents, counted.pages) == (3, 6)
    assert counted.confidence == pytest.approx((2 * 0.9 + 0.4) / 3)
    assert statistics([]).confidence is None


@pytest.mark.browser
@pytest.mark.slow
def test_a_document_is_found_opened_and_deleted_in_the_browser(page: Page) -> None:
    for name in ("invoice.pdf", "receipt.jpg"):
        page.click(f'[data-choice="sample:{name}"]')
        page.wait_for_selector(f'.page-title:has-text("{name}")', timeout=120_000)
        page.wait_for_selector('[data-read="1"]', timeout=120_000)
    page.click("role=tab[name=Library]")
    page.wait_for_selector("#library .document:has-text('invoice.pdf')")
    assert "2 documents" in page.inner_text("#library")
    page.select_option("#library-filters [name=kind]", "receipt")
    page.wait_for_function("document.querySelectorAll('#library .document').length == 1")
    network = page.context.new_cdp_session(page)
    network.send("Network.emulateNetworkConditions", SLOW_LINE)
    page.select_option("#library-filters [name=kind]", "")
    page.fill("#library-filters [name=query]", "tannery ro")  # while the list is still asked for
    page.wait_for_selector("#library .hit mark")
    network.send("Network.emulateNetworkConditions", SLOW_LINE | {"latency": 0})
    page.focus("#library .hit")
    page.keyboard.press("Enter")
    page.wait_for_selector('.page-title:has-text("invoice.pdf"):visible', timeout=120_000)
    page.click("role=tab[name=Library]")
    page.fill("#library-filters [name=query]", "")  # while the old search is still being drawn
    page.wait_for_selector("#library .delete >> nth=1")
    assert page.input_value("#library-filters [name=query]") == ""
    row = page.locator("#library tr:has-text('receipt.jpg')")
    row.hover()
    row.locator(".delete").click()
    row.locator("text=Delete for good").click()
    page.wait_for_selector("#library tr:has-text('receipt.jpg')", state="detached")
    assert page.locator("#library tr:has-text('invoice.pdf')").count() == 1


def test_ticks_are_answered_in_turn(rooms: Rooms) -> None:
    """Else a list that was drawn before the last tick may come after it, and show it as not ticked."""
    root: Any = rooms.documents.list
    while root.parent is not None:
        root = root.parent
    for part in (rooms.documents.list, rooms.library._list, rooms.batch._files):
        (made,) = (each for each in root.fns.values() if (part._id, "tick") in each.targets)
        assert made.concurrency_limit == 1
