"""What the model fills in under Label, by callbacks that are called by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from docvlm.errors import Cancelled
from docvlm.schemas import load_schema
from docvlm.ui.jobs import JobKind
from docvlm.ui.label_panel import LabelPanel
from docvlm.ui.label_state import ReadAhead
from docvlm.ui.page import Rooms
from docvlm.ui.sessions import OpenView, Session
from tests.engines import WrittenEngine
from tests.ui.events import event_of, last, request_of
from tests.ui.test_label_panel import make_receipt

ANNA = request_of("anna")
RECEIPT = load_schema("receipt")
LOOKING = "Looking for the fields"


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
