"""The questions that one document was asked, and what each was about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from docvlm.pipeline import Region
from docvlm.store import AnswerRecord
from docvlm.types import Answer


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer, and the box that the question was about; None where it was about whole pages."""

    answer: Answer
    region: Region | None = None

    def answers(self, question: str, region: Region | None) -> bool:
        """Whether this is the answer to the question about the same box."""
        return self.answer.question == question and self.region == region


def conversation_of(records: Iterable[AnswerRecord]) -> list[Asked]:
    """The latest answer to each question about each box; the records begin with the oldest."""
    latest: dict[tuple[str, Region | None], Asked] = {}
    for record in records:
        asked = Asked(record.answer, Region.named(record.run.info.pages))
        latest[asked.answer.question, asked.region] = asked
    return list(latest.values())
