"""A whole run on a tiny random checkpoint is kept as a plain PEFT adapter that serving takes in."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from docvlm.config import Settings
from docvlm.models.hub import HubEngine
from finetune.data.documents import FieldLabel, LabelledDocument
from finetune.data.readings import Readings
from finetune.data.schema import schema_of
from finetune.training.events import Event, Finished
from finetune.training.settings import TrainingSettings
from finetune.training.train import TrainingData, train
from tests.models.tiny_checkpoints import save_tiny_checkpoint


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_checkpoint("idefics3", tmp_path_factory.mktemp("training") / "base")


def test_a_run_gives_an_adapter_that_is_served(base: Path, samples: Path, tmp_path: Path) -> None:
    invoice = samples / "invoice.pdf"
    sha256 = hashlib.sha256(invoice.read_bytes()).hexdigest()
    home = tmp_path / "home"
    with Readings.open(Settings(home, f"sqlite:///{home / 'docvlm.sqlite'}")) as readings:
        document = LabelledDocument(sha256, "invoice.pdf", invoice)
        words = [word.text for reading in readings.of(document) for word in reading.words]
        document = replace(
            document, fields=(FieldLabel("title", words[0]), FieldLabel("reference", words[3]))
        )
        data = TrainingData((document,), schema_of([document]))
        settings = TrainingSettings(base_model=str(base), epochs=3.0, documents_a_step=1)
        events: list[Event] = []
        run = tmp_path / "run"
        adapter = train(data, settings, run, readings, home, events.append)
    assert adapter is not None and isinstance(events[-1], Finished)
    assert (adapter / "adapter_model.safetensors").is_file()
    engine, plain = HubEngine(str(base), adapter=adapter), HubEngine(str(base))
    assert engine.card.revision != plain.card.revision
    engine.close()
    plain.close()
