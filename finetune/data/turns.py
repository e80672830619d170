"""Labels of a document as turns of a conversation, and turns as labels (for ``finetune.data.cauldron``).

A question is asked as it stands. Fields are asked for as one JSON object and a transcript as text; the
source of such turns says which they are, so that they come back as the labels they were.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from docvlm.prompts import NOT_FOUND
from finetune.data.case_lines import field_labels, named_once, plain_values
from finetune.data.documents import (
    DocumentLabel,
    FieldLabel,
    LabelledDocument,
    QuestionLabel,
    RowsLabel,
    TranscriptLabel,
)
from finetune.data.json_lines import BrokenEntry, Json, parse_object


class TurnSource(StrEnum):
    """What the turns of docvlm's own labels say that they are."""

    QUESTIONS = "docvlm/questions"
    FIELDS = "docvlm/fields"
    TEXT = "docvlm/text"
    WORDS = "docvlm/words"


_ON_PAGE = re.compile(r" on page ([1-9]\d{0,5})\b")
_READ = {
    TurnSource.TEXT: "Write down all the text",
    TurnSource.WORDS: "Write down all the words, in any order,",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """What a person asks and what is right to reply; ``source`` names the set it comes from."""

    user: str
    assistant: str
    source: str


def label_turns(document: LabelledDocument) -> Iterator[Turn]:
    """All labels of a document as turns; boxes and all but the first answer of a question are left out."""
    for question in document.questions:
        yield Turn(question.question, next(iter(question.answers), NOT_FOUND), TurnSource.QUESTIONS)
    for fields in named_once(document.fields):
        yield Turn(_request(fields), json.dumps(plain_values(fields), ensure_ascii=False), TurnSource.FIELDS)
    for transcript in document.transcripts:
        source = TurnSource.TEXT if transcript.text is not None else TurnSource.WORDS
        place = f" on page {transcript.page}" if transcript.page is not None else ""
        content = transcript.text if transcript.text is not None else " ".join(transcript.words or ())
        yield Turn(f"{_READ[source]}{place}.", content, source)


def turn_labels(turn: Json) -> list[DocumentLabel]:
    """The labels that a turn gives.

    A reply that ends like a sentence also counts as right without its full stop, because sets such as The
    Cauldron write ``12.50.`` where the page has ``12.50``.

    Raises:
        BrokenEntry: when the turn lacks its texts, or holds none of the form its source promises.
    """
    user, assistant, source = (turn.get(name) for name in ("user", "assistant", "source"))
    if not isinstance(user, str) or not isinstance(assistant, str) or not user.strip():
        raise BrokenEntry("has a turn without the texts 'user' and 'assistant'.")
    match source:
        case TurnSource.FIELDS:
            return [*field_labels(parse_object(assistant))]
        case TurnSource.TEXT:
            return [TranscriptLabel(text=assistant, page=_page(user))]
        case TurnSource.WORDS:
            return [TranscriptLabel(words=tuple(assistant.split()), page=_page(user))]
        case TurnSource.QUESTIONS:
            return [QuestionLabel(user, () if assistant == NOT_FOUND else (assistant,))]
    answer = assistant.strip()
    if not answer:
        raise BrokenEntry("has a turn with an empty reply.")
    bare = answer.removesuffix(".")
    return [QuestionLabel(user.strip(), (answer, bare) if bare and bare != answer else (answer,))]


def _request(fields: list[FieldLabel | RowsLabel]) -> str:
    names = (
        f"{label.name} ({', '.join(dict.fromkeys(cell.name for row in label.rows for cell in row))})"
        if isinstance(label, RowsLabel) and label.rows
        else label.name
        for label in fields
    )
    return f"Write these fields as one JSON object, null for what is not there: {', '.join(names)}."


def _page(request: str) -> int | None:
    match = _ON_PAGE.search(request)
    return int(match[1]) if match else None
