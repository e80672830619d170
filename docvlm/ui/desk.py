"""The desk: the panels around one open document, and what happens in all of them when it is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from docvlm.pipeline import DocumentLabels, Workspace
from docvlm.ui.callbacks import Updates
from docvlm.ui.conversation import conversation_of
from docvlm.ui.engine_loader import EngineLoader
from docvlm.ui.jobs import JobKind
from docvlm.ui.library import KeptFile, Library, documents_folder
from docvlm.ui.page_panel import PagePanel
from docvlm.ui.sessions import OpenView, Session, Sessions


class DocumentPanel(Protocol):
    """A panel that shows something of the open document."""

    @property
    def opened(self) -> Sequence[Any]:
        """The components that ``show`` fills."""

    def show(self, session: Session) -> Updates:
        """The panel for the session's open document, or empty where none is open."""


class Desk:
    """One open document a browser tab, seen from several panels."""

    def __init__(
        self, workspace: Workspace, loader: EngineLoader, sessions: Sessions, page: PagePanel
    ) -> None:
        self.workspace = workspace
        self.loader = loader
        self.sessions = sessions
        self.page = page
        self._panels: list[DocumentPanel] = []

    def add(self, panel: DocumentPanel) -> None:
        self._panels.append(panel)

    @property
    def opened(self) -> list[Any]:
        """Every component that opening a document fills."""
        return [
            *self.page.opened,
            *(component for panel in self._panels for component in panel.opened),
        ]

    def library(self, session: Session) -> Library:
        """The documents of the session's owner."""
        self.workspace.settings.prepare_home()
        return Library(documents_folder(self.workspace.settings), session.owner)

    def open_view(
        self, session: Session, file: KeptFile, password: str | None = None, page: int = 1
    ) -> OpenView:
        """Open a kept file with the answers that it was given before.

        Args:
            password: opens an encrypted file; by default the one that opened it in this tab before.

        Raises:
            InputError: when it is no readable document (PasswordError, LimitError among them).
        """
        known = password or session.passwords.get(file.path.name)
        document = self.workspace.open(file.path, name=file.name, password=known, owner=session.owner)
        if password:
            session.passwords[file.path.name] = password
        view = OpenView(document, DocumentLabels(self.workspace.store, document.id))
        view.turn_to(page)
        view.asked = conversation_of(self.workspace.store.answers(document.id))
        return view

    def show(self, session: Session) -> Updates:
        """The session's open document in every panel."""
        assert session.view is not None  # noqa: S101 - callers have just opened it
        return {**self.page.draw(session.view), self.page.inspector: "", **self.after_reading(session)}

    def after_reading(self, session: Session) -> Updates:
        """What the panels show once the page's words are known."""
        return {key: value for panel in self._panels for key, value in panel.show(session).items()}

    def redrawn(self, session: Session, draw: Callable[[], Updates]) -> Iterator[Updates]:
        """What ``draw`` shows, and once more where what it is drawn from changed meanwhile.

        A schema was chosen, a document ticked, or work begun or ended.

        Of two callbacks the page keeps what was sent last, which need not be what was drawn last.
        """
        view, drawn = session.view, None
        while session.view is view and (now := _drawn_from(session)) != drawn:
            drawn = now
            yield draw()

    def empty(self) -> Updates:
        """Every panel without a document."""
        nobody = Session("")
        return {self.page.view: None, self.page.inspector: "", **self.after_reading(nobody)}


def _drawn_from(session: Session) -> tuple[object, ...]:
    return session.schema, frozenset(session.selected), *map(session.goes_on, JobKind)
