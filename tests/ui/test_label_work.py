"""What the model fills in under Label, by callbacks that are called by hand; and where it cannot be had."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docvlm.errors import Cancelled
from docvlm.schemas import load_schema
from docvlm.store import Store
from docvlm.ui.jobs import JobKind
from docvlm.ui.label_panel import LabelPanel
from docvlm.ui.label_state import ReadAhead
from docvlm.ui.page import Rooms
from docvlm.ui.sessions import OpenView, Session
from tests.engines import WrittenEngine
from tests.ui.events import event_of, last, request_of
from tests.ui.test_label_panel import make_receipt

if TYPE_CHECKING:
    from playwright.sync_api import Page

ANNA = request_of("anna")
RECEIPT = load_schema("receipt")
LOOKING = "Looking for the fields"
READ_MILLISECONDS = 120_000


@pytest.fixture
def panel(rooms: Rooms) -> LabelPanel:
    (found,) = [panel for panel in rooms.desk._panels if isinstance(panel, LabelPanel)]
    return found


def _open(rooms: Rooms, folder: Path) -> tuple[Session, OpenView]:
    """A receipt is open, and read."""
    session, path = rooms.desk.sessions.of(ANNA), make_receipt(folder / "1.pdf", 1)
    view = rooms.desk.open_view(session, rooms.desk.library(session).keep(path, path.name))
    view.picture_with_words()
    session.schema = RECEIPT.name
    session.show(view)
    return session, view


def _model(monkeypatch: pytest.MonkeyPatch, *failures: Exception) -> None:
    """A model that fails with these, each once, and then finds nothing on a receipt."""
    left = list(failures)

    def write(_page: str, _prompt: str) -> str:
        if left:
            raise left.pop(0)
        return "".join(f"{spec.name}: none\n" for spec in RECEIPT.fields)

    engine = WrittenEngine(write, follows_grammar=False)
    monkeypatch.setattr("docvlm.pipeline.workspace.load_engine", lambda *_, **__: engine)


def test_a_schema_chosen_while_the_model_looks_stays(
    rooms: Rooms, panel: LabelPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _model(monkeypatch)
    session, view = _open(rooms, tmp_path)
    panel._enter(ANNA)
    looking = panel._prefill(ANNA)
    while LOOKING not in next(looking)[panel._notice]:
        pass
    invoice = load_schema("invoice")
    assert invoice.key in last(panel._act(event_of(choice="schema:invoice"), ANNA))[panel._sheet]
    assert invoice.key in last(looking)[panel._sheet], "what is typed in it is not lost"
    assert view.checked is not None and view.checked.schema == invoice
    assert panel._work.fields.found(view.document.id, RECEIPT) is not None, "what was found is kept"
    session.close_view()


def test_the_button_under_extract_does_not_stop_it(rooms: Rooms, panel: LabelPanel, tmp_path: Path) -> None:
    session, view = _open(rooms, tmp_path)
    session.label.ahead = ReadAhead(view.document.id, RECEIPT.key)
    looking = panel._work.prefill(session, view)
    assert next(looking) == LOOKING and not session.goes_on(JobKind.EXTRACT)
    session.stop(JobKind.EXTRACT)
    assert next(looking) == LOOKING
    session.close_view()
    with pytest.raises(Cancelled):
        next(looking)


@pytest.mark.parametrize("failure", [Cancelled(), ValueError("no")])
def test_where_the_model_did_not_look_to_the_end_nothing_is_called_not_found(
    rooms: Rooms, panel: LabelPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    _model(monkeypatch, failure)
    session, _ = _open(rooms, tmp_path)
    assert "data-waits=now" in panel._enter(ANNA)[panel._sheet]
    told = last(panel._prefill(ANNA))
    assert "data-waits=failed" in told[panel._sheet] and "error" in told[panel._notice]
    assert "data-waits=failed" in panel.show(session)[panel._sheet], "nor is it asked again and again"
    assert "data-waits=now" in panel._enter(ANNA)[panel._sheet]
    last(panel._prefill(ANNA))
    for shown in (panel.show(session), panel._enter(ANNA)):
        assert "data-waits" not in shown[panel._sheet]
    session.close_view()


# In the browser, with a model that is not there


@pytest.fixture(scope="module")
def app_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {"DOCVLM_MODEL": str(tmp_path_factory.mktemp("empty"))}


@pytest.mark.browser
@pytest.mark.slow
def test_only_what_was_typed_is_kept_where_there_is_no_model(
    page: Page, model_home: Path, tmp_path: Path
) -> None:
    page.set_default_timeout(READ_MILLISECONDS)
    page.set_input_files("#upload input[type=file]", make_receipt(tmp_path / "1.pdf", 1))
    page.wait_for_selector('[data-read="1"]')
    page.click("role=tab[name=Label]")
    page.select_option("#label-bar select", "receipt")
    for _ in range(2):
        page.wait_for_selector("#label-fields .sheet[data-waits=failed]")
        page.wait_for_selector("#label-notice .error")
        page.focus("#label-company")
        page.keyboard.press("Control+Enter")
        page.keyboard.press("Enter")
        page.click("role=tab[name=Extract]")
        page.click("role=tab[name=Label]")
    page.wait_for_selector("#label-notice .error")
    page.focus("#label-company")
    page.keyboard.type("MY SHOP")
    page.keyboard.press("Enter")
    page.wait_for_selector('#label-fields [data-name="company"].confirmed')
    with Store.open(f"sqlite:///{model_home / 'docvlm.sqlite'}") as store:
        labels = [record.label for record in store.labels()]
    assert [(label.name, label.value) for label in labels] == [("company", "MY SHOP")]
