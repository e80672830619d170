"""Where the user of one browser tab is in the tab Label."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import StrEnum


class LabelMode(StrEnum):
    """What is labelled, or the queue of documents to label."""

    FIELDS = "fields"
    QUESTIONS = "questions"
    LINES = "lines"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True, eq=False)
class ReadAhead:
    """A document that the model looks at while another is labelled; ``done`` is set when it has."""

    document_id: int
    schema_key: str
    cancel: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)

    def is_for(self, document_id: int, schema_key: str) -> bool:
        return (self.document_id, self.schema_key) == (document_id, schema_key)


@dataclass(slots=True, eq=False)
class LabelState:
    """``is_shown``: the tab is the one in front, so its sheet is kept up to date."""

    is_shown: bool = False
    mode: LabelMode = LabelMode.FIELDS
    ahead: ReadAhead | None = None
