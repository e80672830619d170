"""The questions that one document was asked, and what each was about; and those that several were asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from docvlm.pipeline import Region
from docvlm.store import AnswerRecord
from docvlm.types import Answer

Part = Region | int
"""What of a document a question is about: a box on a page, or one page of several by its number."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer, and the part that the question was about; None where it was about the document."""

    answer: Answer
    part: Part | None = None

    def answers(self, question: str, part: Part | None) -> bool:
        """Whether this is the answer to the question about the same part."""
        return self.answer.question == question and self.part == part

    @property
    def may_be_label(self) -> bool:
        """Whether it may be what the document answers, which neither a box nor a page without it tells."""
        return self.part is None or (isinstance(self.part, int) and self.answer.text is not None)


@dataclass(frozen=True, slots=True)
class Group:
    """A question about several documents with the answer of each, as HTML; ``files`` names their files."""

    question: str
    cards: str
    files: frozenset[str] = frozenset()


def conversation_of(records: Iterable[AnswerRecord]) -> list[Asked]:
    """The latest answer to each question about each part; the records begin with the oldest."""
    latest: dict[tuple[str, Part | None], Asked] = {}
    for record in records:
        asked = Asked(record.answer, _part_named(record.run.info.pages))
        latest[asked.answer.question, asked.part] = asked
    return list(latest.values())


def _part_named(pages: str) -> Part | None:
    """The part that ``RunInfo.pages`` names. Several pages are all that could be read of the document."""
    return int(pages) if pages.isdecimal() else Region.named(pages)
