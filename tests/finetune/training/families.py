"""Random checkpoints of every family, and a lesson on the sample invoice for them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from docvlm.schemas import Schema
from finetune.data.documents import FieldLabel, LabelledDocument, QuestionLabel
from finetune.data.readings import Readings
from finetune.data.schema import schema_of
from finetune.training.settings import TrainingSettings
from finetune.training.train import TrainingData, train

TRAINED_PARTS = ("language", "vision", "connector")
_PART_NAMES = {
    "language": ("text_model", "language_model"),
    "vision": ("vision_model", "visual"),
    "connector": ("connector", "merger"),
}


def part_of(weight: str) -> str:
    """Which part a weight of an adapter belongs to; a connector may lie inside the tower."""
    path = weight.split(".")
    for part in reversed(TRAINED_PARTS):
        if set(_PART_NAMES[part]) & set(path):
            return part
    raise AssertionError(f"{weight} belongs to no part")


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """The sample invoice with two fields, one field that it lacks, and a question."""

    document: LabelledDocument
    schema: Schema
    readings: Readings
    home: Path

    @staticmethod
    def on(invoice: Path, readings: Readings, home: Path) -> Lesson:
        plain = LabelledDocument(hashlib.sha256(invoice.read_bytes()).hexdigest(), invoice.name, invoice)
        words = [word.text for reading in readings.of(plain) for word in reading.words]
        document = replace(
            plain,
            fields=(
                FieldLabel("title", words[0]),
                FieldLabel("reference", words[3]),
                FieldLabel("tip", None),
            ),
            questions=(QuestionLabel("Who is it from?", (words[1],)), QuestionLabel("Who signed?", ())),
        )
        return Lesson(document, schema_of([document]), readings, home)

    def train(self, settings: TrainingSettings, run: Path) -> Path:
        """The adapter of a whole run."""
        data = TrainingData((self.document,), self.schema)
        adapter = train(data, settings, run, self.readings, self.home)
        assert adapter is not None
        return adapter
