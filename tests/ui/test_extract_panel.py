"""The tab Extract, by callbacks that are called by hand; in a browser it is tried in ``test_page``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest

from docvlm.errors import UsageError
from docvlm.schemas import Schema, load_schema
from docvlm.types import Extraction, FieldValue, RunInfo
from docvlm.ui.callbacks import Updates
from docvlm.ui.extract_panel import ExtractPanel
from docvlm.ui.page import Rooms
from docvlm.ui.sessions import Session
from tests.engines import WrittenEngine
from tests.ui.events import event_of, last, request_of

STOP = 'data-choice="stop:"'
ANNA = request_of("anna")
RUN = RunInfo("model", "1", None, "", "reader", "all", "1")


@pytest.fixture
def panel(rooms: Rooms) -> ExtractPanel:
    (found,) = [panel for panel in rooms.desk._panels if isinstance(panel, ExtractPanel)]
    return found


def _open(rooms: Rooms, path: Path) -> Session:
    session = rooms.desk.sessions.of(ANNA)
    session.show(rooms.desk.open_view(session, rooms.desk.library(session).keep(path, path.name)))
    return session


def _builder(panel: ExtractPanel) -> str:
    return str(last(panel._act(event_of(choice="build:"), ANNA))[panel._builder])


def _own(name: str) -> Schema:
    return replace(load_schema("shop, total:amount"), name=name)


def test_the_builder_and_the_file_of_several_documents_use_the_schema_that_is_shown(
    rooms: Rooms, panel: ExtractPanel, samples: Path
) -> None:
    session = _open(rooms, samples / "invoice.pdf")
    assert session.view is not None
    number, own = session.view.document.id, _own("bills")
    panel._work.shelf(session).save(own)
    found = Extraction(own.name, (FieldValue("shop", "Moon", "Moon", 0.9),))
    rooms.desk.workspace.store.save_extraction(number, RUN, own.key, found)
    shown = last(panel._enter(ANNA))
    assert "Moon" in shown[panel._sheet] and '"bills" selected' in shown[panel._bar]

    assert 'value="shop"' in _builder(panel)
    session.selected = {number}
    (document,) = panel._selected(session)
    assert document.extraction.schema == "bills"
    told = panel._build(event_of(action="import", json="{"), ANNA)
    assert "not valid JSON" in told[panel._builder] and 'value="shop"' in told[panel._builder]
    with pytest.warns(UserWarning, match="Templates cannot be deleted"):
        told = panel._build(event_of(action="delete", name="invoice"), ANNA)
    assert panel._builder not in told
    session.close_view()


def test_a_schema_chosen_while_a_document_is_opened_is_what_the_page_shows_last(
    rooms: Rooms, panel: ExtractPanel
) -> None:
    """What was drawn before it was chosen may arrive after it, once it is opened and once it is read."""
    session = rooms.desk.sessions.of(ANNA)
    shown: list[str] = []
    for updates in rooms.documents._open_sample(event_of(choice="sample:invoice.pdf"), ANNA):
        if panel._bar in updates:
            shown.append(updates[panel._bar])
            if len(shown) in (1, 3):
                session.schema = "receipt" if len(shown) == 1 else "contract"
    chosen = ["invoice", "receipt", "receipt", "contract"]
    assert [f'"{name}" selected' in bar for name, bar in zip(chosen, shown, strict=True)] == [True] * 4
    session.close_view()


def _bills(rooms: Rooms, panel: ExtractPanel, path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A document is open, and the model finds what a schema of one's own asks for; it is chosen."""
    engine = WrittenEngine(lambda *_: "shop: Moon\ntotal: 12.50\n")
    monkeypatch.setattr("docvlm.pipeline.workspace.load_engine", lambda *_, **__: engine)
    session = _open(rooms, path)
    panel._work.shelf(session).save(_own("bills"))
    session.schema = "bills"
    return session


def _until_it_looks(panel: ExtractPanel, updates: Iterator[Updates]) -> None:
    """Let a callback go on until the model looks."""
    while "Looking" not in next(updates).get(panel._notice, ""):
        pass


@pytest.mark.parametrize("change", ["another is chosen", "it is edited"])
def test_a_schema_chosen_while_the_model_looks_stays(
    rooms: Rooms, panel: ExtractPanel, two_totals: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    session = _bills(rooms, panel, two_totals, monkeypatch)
    view = session.view
    assert view is not None
    store, number = rooms.desk.workspace.store, view.document.id
    receipt = load_schema("receipt")
    store.save_extraction(number, RUN, receipt.key, Extraction("receipt", ()))
    looking = panel._on_extract(event_of(scope="document", schema="bills"), ANNA)
    _until_it_looks(panel, looking)
    if change == "another is chosen":
        panel._act(event_of(choice="schema:receipt"), ANNA)
    else:
        fields = [{"name": "buyer", "type": "text"}]
        panel._build(event_of(action="save", name="bills", fields=fields), ANNA)
    chosen = panel._work.schema(session)
    told = last(looking)
    assert "12.50" not in told.get(panel._sheet, "") and told[panel._notice] == ""
    assert panel._work.shown_schema(session) == chosen != _own("bills")
    assert view.checked is None or view.checked.schema == chosen
    keys = [record.schema_key for record in store.extractions(number)]
    assert keys == [receipt.key, _own("bills").key], "what was found is kept"
    session.close_view()


def test_a_schema_that_is_chosen_once_more_while_the_model_looks_gets_its_values(
    rooms: Rooms, panel: ExtractPanel, two_totals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = _bills(rooms, panel, two_totals, monkeypatch)
    looking = panel._on_extract(event_of(scope="document", schema="bills"), ANNA)
    _until_it_looks(panel, looking)
    for name in ("receipt", "bills"):
        panel._act(event_of(choice=f"schema:{name}"), ANNA)
    assert 'value="12.50"' in last(looking)[panel._sheet]
    session.close_view()


@pytest.mark.parametrize("scope", ["document", "selected"])
@pytest.mark.parametrize("end", ["it is done", "it is stopped", "another document is opened"])
def test_the_button_that_stops_the_model_stays_for_as_long_as_it_looks(
    rooms: Rooms,
    panel: ExtractPanel,
    two_totals: Path,
    samples: Path,
    monkeypatch: pytest.MonkeyPatch,
    scope: str,
    end: str,
) -> None:
    session = _bills(rooms, panel, two_totals, monkeypatch)
    assert session.view is not None
    session.selected = {session.view.document.id}
    looking = panel._on_extract(event_of(scope=scope, schema="bills"), ANNA)
    assert STOP in next(looking)[panel._bar]
    for redrawn in (panel._enter(ANNA), panel._act(event_of(choice="schema:receipt"), ANNA)):
        assert STOP in redrawn[panel._bar]
    _until_it_looks(panel, looking)
    assert STOP in panel.show(session)[panel._bar]
    if end == "it is stopped":
        panel._act(event_of(choice="stop:"), ANNA)
        assert STOP not in panel.show(session)[panel._bar]
    elif end == "another document is opened":
        view = session.view
        _open(rooms, samples / "invoice.pdf")
        assert (STOP in panel.show(session)[panel._bar]) == (scope == "selected") and view.closing.is_set()
    told = last(looking)
    if scope == "selected" or end != "another document is opened":
        assert STOP not in told[panel._bar]
    assert STOP not in panel.show(session)[panel._bar]
    session.close_view()


def test_after_a_model_that_could_not_be_loaded_there_is_nothing_to_stop(
    rooms: Rooms, panel: ExtractPanel, two_totals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = _bills(rooms, panel, two_totals, monkeypatch)
    failed = Mock(side_effect=UsageError("There is no such model.", "Choose another one."))
    monkeypatch.setattr("docvlm.pipeline.workspace.load_engine", failed)
    told = last(panel._on_extract(event_of(scope="document", schema="bills"), ANNA))
    assert "no such model" in told[panel._notice] and STOP not in told[panel._bar]
    assert STOP not in panel.show(session)[panel._bar], "though the failure is kept, to be told again"
    session.close_view()


@pytest.mark.slow
def test_a_document_that_is_not_read_yet_is_extracted_by_its_own_kind(
    rooms: Rooms, panel: ExtractPanel, samples: Path
) -> None:
    session = _open(rooms, samples / "scanned-contract.pdf")
    assert panel._work.schema(session).name == "invoice"  # what is shown before anything is known
    last(panel._on_extract(event_of(scope="", schema="invoice"), ANNA))
    assert session.view is not None and session.view.checked is not None
    assert session.view.checked.schema.name == "contract"
    session.close_view()


def test_a_schema_of_ones_own_is_changed_and_deleted_under_its_name(
    rooms: Rooms, panel: ExtractPanel
) -> None:
    session = rooms.desk.sessions.of(ANNA)
    assert 'value="my invoice"' in _builder(panel)
    shelf = panel._work.shelf(session)
    shelf.save(_own("my bills"))
    session.schema = "my bills"
    assert 'value="my bills"' in _builder(panel)
    panel._build(event_of(action="delete", name="my bills"), ANNA)
    assert "my bills" not in shelf.schemas()
