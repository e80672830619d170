"""Files that were just put in, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from html import escape

from docvlm.ui.library import KeptFile


class IncomingState(StrEnum):
    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    LOCKED = "locked"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One file. ``line`` says how far it is or what is wrong.

    ``file`` is what waits for its password where locked, else None.
    """

    name: str
    state: IncomingState = IncomingState.WAITING
    line: str = "Waiting"
    file: KeptFile | None = None

    @property
    def is_working(self) -> bool:
        """Whether something is still to come without anybody doing anything."""
        return self.state in (IncomingState.WAITING, IncomingState.WORKING)


def incoming_html(files: tuple[Incoming, ...]) -> str:
    """A line for each file that is not done, with a field for the password where one is needed."""
    shown = [(index, file) for index, file in enumerate(files) if file.state is not IncomingState.DONE]
    if not shown:
        return ""
    entries = "".join(_entry(index, file) for index, file in shown)
    settled = all(file.state in (IncomingState.FAILED, IncomingState.LOCKED) for _, file in shown)
    close = '<button type="button" class="plain" data-choice="dismiss:">Dismiss</button>' if settled else ""
    return f'<ul class="incoming" aria-live="polite">{entries}</ul>{close}'


def _entry(index: int, file: Incoming) -> str:
    busy = '<i class="spinner"></i>' if file.state is IncomingState.WORKING else ""
    role = ' role="alert"' if file.state is IncomingState.FAILED else ""
    form = ""
    if file.state is IncomingState.LOCKED:
        form = (
            f'<form class="unlock" data-unlock="{index}"><input type="password" autocomplete="off" '
            f'placeholder="Password" aria-label="Password of {escape(file.name)}">'
            '<button type="submit">Open</button></form>'
        )
    return (
        f'<li class="{file.state}"{role}><b title="{escape(file.name)}">{escape(file.name)}</b>'
        f"<span>{busy}{escape(file.line)}</span>{form}</li>"
    )
