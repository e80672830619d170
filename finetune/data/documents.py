"""A labelled document: what a person says stands on it, whatever file or table the labels came from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from docvlm.types import Box


@dataclass(frozen=True, slots=True)
class FieldLabel:
    """The right value of one field, as printed or in its typed form.

    ``value`` None: the document does not have it. ``alternatives`` are further values that count as
    right. ``page`` counts from 1; ``boxes`` are pixels of the page image, one a line of evidence; both are
    unknown (None, empty) in most label files.
    """

    name: str
    value: str | None
    alternatives: tuple[str, ...] = ()
    page: int | None = None
    boxes: tuple[Box, ...] = ()

    @property
    def accepted(self) -> tuple[str, ...]:
        """Every value that counts as right; empty where the document does not have the field."""
        return () if self.value is None else (self.value, *self.alternatives)

    @property
    def has_value(self) -> bool:
        """Whether the document has the field."""
        return self.value is not None


@dataclass(frozen=True, slots=True)
class RowsLabel:
    """The rows of a list field such as line items, top to bottom; a cell has the name of its column."""

    name: str
    rows: tuple[tuple[FieldLabel, ...], ...]

    @property
    def has_value(self) -> bool:
        """Whether the document has any row."""
        return bool(self.rows)


@dataclass(frozen=True, slots=True)
class QuestionLabel:
    """A question with the answers that count as right; none: the document does not answer it."""

    question: str
    answers: tuple[str, ...]
    page: int | None = None
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class TranscriptLabel:
    """The text of a page in reading order, or only its words in no particular order.

    Exactly one of ``text`` and ``words`` is given. ``page`` None: the whole document.
    """

    text: str | None = None
    words: tuple[str, ...] | None = None
    page: int | None = None


DocumentLabel = FieldLabel | RowsLabel | QuestionLabel | TranscriptLabel


@dataclass(frozen=True, slots=True)
class LabelledDocument:
    """Everything that is known to be right about one document.

    Attributes:
        sha256: hash of the file's bytes in hex; identifies the document across names.
        name: what to call it in lists and reports.
        path: the file, or None where only its readings are kept in the store.
        kind: what sort of document it is (``receipt``, a layout's name, …); empty where nobody said.
        fields: each name once.
        split: ``train``, ``dev`` or ``test`` where the source says so.
        lines: single lines that a person has checked, where that is known apart from transcripts.
    """

    sha256: str
    name: str
    path: Path | None
    kind: str = ""
    fields: tuple[FieldLabel | RowsLabel, ...] = ()
    questions: tuple[QuestionLabel, ...] = ()
    transcripts: tuple[TranscriptLabel, ...] = ()
    split: str | None = None
    lines: tuple[str, ...] = ()
