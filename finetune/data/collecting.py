"""Labels that come one by one, gathered under the documents that they are about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from finetune.data.documents import (
    DocumentLabel,
    FieldLabel,
    LabelledDocument,
    QuestionLabel,
    RowsLabel,
    TranscriptLabel,
)
from finetune.data.json_lines import content_hash


class LabelCollector:
    """Documents by file, in the order in which they are first named; equal labels are kept once."""

    def __init__(self) -> None:
        self._found: dict[Path, _Collected] = {}

    def add(
        self, path: Path, name: str, labels: Iterable[DocumentLabel], kind: str = "", split: str | None = None
    ) -> None:
        """Add labels of the document in a file. Name, kind and split are those first given."""
        item = self._found.setdefault(path, _Collected(path, name))
        item.kind = item.kind or kind
        item.split = item.split or split
        for label in labels:
            match label:
                case QuestionLabel():
                    item.questions.append(label)
                case TranscriptLabel():
                    item.transcripts.append(label)
                case _:
                    item.fields.append(label)

    def documents(self) -> tuple[LabelledDocument, ...]:
        """All documents so far."""
        return tuple(item.document() for item in self._found.values())


@dataclass(slots=True)
class _Collected:
    """A document whose labels are still being read."""

    path: Path
    name: str
    kind: str = ""
    split: str | None = None
    fields: list[FieldLabel | RowsLabel] = field(default_factory=list)
    questions: list[QuestionLabel] = field(default_factory=list)
    transcripts: list[TranscriptLabel] = field(default_factory=list)

    def document(self) -> LabelledDocument:
        return LabelledDocument(
            sha256=content_hash(self.path),
            name=self.name,
            path=self.path,
            kind=self.kind,
            fields=tuple(dict.fromkeys(self.fields)),
            questions=tuple(dict.fromkeys(self.questions)),
            transcripts=tuple(dict.fromkeys(self.transcripts)),
            split=self.split,
        )
