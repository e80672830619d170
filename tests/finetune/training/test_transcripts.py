"""Transcripts become pages that are read from their pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from docvlm.models.hub import HubEngine
from finetune.data.documents import LabelledDocument, TranscriptLabel
from finetune.training.collate import Collator
from finetune.training.events import Event, Started
from finetune.training.requests import READ_PROMPT
from finetune.training.settings import TrainingSettings
from finetune.training.train import TrainingData, train
from finetune.training.transcripts import transcript_examples
from tests.finetune.training.families import Lesson
from tests.pages import reading_of

pytestmark = pytest.mark.usefixtures("one_thread")

PAGE = reading_of(["Corner Shop", "Total 7.70"])


def transcribed(*labels: TranscriptLabel, pages: int = 1) -> list[tuple[int, str | None]]:
    document = LabelledDocument("ab" * 32, "receipt", None, transcripts=labels)
    readings = [replace(PAGE, page_number=number) for number in range(1, pages + 1)]
    found = transcript_examples(document, readings)
    return [(example.window.page_number, example.transcript) for example in found]


def test_a_transcript_is_an_example_of_its_page() -> None:
    labels = TranscriptLabel(text=" CORNER SHOP\n7.70 \n"), TranscriptLabel(text="two", page=2)
    assert transcribed(labels[0]) == [(1, "CORNER SHOP\n7.70")]
    assert transcribed(*labels, pages=2) == [(2, "two")]  # which page the first means is not known
    assert transcribed(TranscriptLabel(words=("7.70",)), TranscriptLabel(text="  ")) == []


@pytest.fixture(scope="module")
def engine(bases: dict[str, Path]) -> Iterator[HubEngine]:
    engine = HubEngine(str(bases["idefics2"]))
    yield engine
    engine.close()


def test_the_model_sees_the_picture_and_none_of_the_words(engine: HubEngine, invoice_lesson: Lesson) -> None:
    document = replace(invoice_lesson.document, transcripts=(TranscriptLabel(text="INVOICE\n5,857.44"),))
    (example,) = transcript_examples(document, invoice_lesson.readings.of(document))
    collator = Collator(engine, TrainingSettings(), None, invoice_lesson.readings)
    made = collator.pack(example, Random(1))
    assert made.pixels and len(made.packed.segment_lengths) == 2
    length = made.packed.segment_lengths[0]
    assert length == len(engine.encode_page(replace(collator.shown(example), reader_text="")).token_ids)
    turn = made.packed.token_ids[0, length:].tolist()
    assert turn[: len(engine.prompts.prompt(READ_PROMPT))] == engine.prompts.prompt(READ_PROMPT)
    assert made.packed.targets.tolist() == [*engine.prompts.plain("INVOICE\n5,857.44\n"), engine.end_id]


def test_a_run_learns_transcripts_where_that_is_set(
    bases: dict[str, Path], invoice_lesson: Lesson, tmp_path: Path
) -> None:
    document = replace(invoice_lesson.document, transcripts=(TranscriptLabel(text="INVOICE"),))
    data = TrainingData((document,), invoice_lesson.schema)
    examples = {}
    for wanted in (True, False):
        settings = TrainingSettings(
            base_model=str(bases["smolvlm"]), epochs=1.0, documents_a_step=2, transcripts=wanted
        )
        events: list[Event] = []
        run = tmp_path / str(wanted)
        train(data, settings, run, invoice_lesson.readings, invoice_lesson.home, events.append)
        examples[wanted] = next(event.examples for event in events if isinstance(event, Started))
    assert examples[True] == examples[False] + 1
