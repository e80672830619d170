"""The tab Extract, by callbacks that are called by hand; in a browser it is tried in ``test_page``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from docvlm.schemas import Schema, load_schema
from docvlm.types import Extraction, FieldValue, RunInfo
from docvlm.ui.extract_panel import ExtractPanel
from docvlm.ui.page import Rooms
from docvlm.ui.sessions import Session
from tests.ui.events import event_of, last, request_of

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
    told = panel._build(event_of(action="delete", name="invoice"), ANNA)
    assert "Templates cannot be deleted" in told[panel._builder] and 'value="shop"' in told[panel._builder]
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
