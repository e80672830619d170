"""A kept adapter is judged on labels new to it, and switched on where it wins; with real random models.

The labels are what the adapter says, so that it wins, or what its base says, so that it loses.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from docvlm.adapters import AdapterCard, AdapterRegistry
from docvlm.config import Settings
from docvlm.errors import ModelError, UsageError
from docvlm.models.hub import HubEngine
from docvlm.schemas import load_schema
from docvlm.types import FieldValue
from finetune.cli.main import main
from finetune.data.documents import FieldLabel, LabelledDocument
from finetune.data.readings import Readings
from finetune.evaluation.answering import ask_document
from tests.finetune.data.pages import pdf_of
from tests.models.tiny_checkpoints import save_random_adapter, save_tiny_checkpoint

ANIMALS = ("ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "ibis")
DOCUMENTS = 7

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Shelf:
    """A data folder with the adapter ``mine``, and label files on which it wins and loses."""

    home: Path
    wins: Path
    loses: Path
    hashes: tuple[str, ...]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    folder = tmp_path_factory.mktemp("judge")
    base = save_tiny_checkpoint("idefics2", folder / "base")
    adapter = save_random_adapter(base, folder / "adapter", seed=5)
    home = folder / "home"
    settings = Settings(home, f"sqlite:///{home / 'docvlm.sqlite'}", model=str(base))
    pages = [
        pdf_of(folder / f"{number}.pdf", " ".join(ANIMALS[number : number + 2]), ANIMALS[number + 2])
        for number in range(DOCUMENTS)
    ]
    with Readings.open(settings) as readings:
        by_base, revision = _said(HubEngine(str(base)), pages, readings)
        by_adapter, _ = _said(HubEngine(str(base), adapter=adapter), pages, readings)
    card = AdapterCard("mine", str(base), revision, tiling="idefics2")
    AdapterRegistry(settings.adapters).keep(adapter, card)
    return Shelf(
        home,
        _cases(folder / "wins.jsonl", pages, by_adapter),
        _cases(folder / "loses.jsonl", pages, by_base),
        tuple(page.sha256 for page in pages),
    )


@pytest.fixture(autouse=True)
def shelf(prepared: Shelf, monkeypatch: pytest.MonkeyPatch) -> AdapterRegistry:
    monkeypatch.setenv("DOCVLM_HOME", str(prepared.home))
    registry = AdapterRegistry(prepared.home / "adapters")
    for kept in registry.adapters():
        if kept.card is not None:
            registry.deactivate(kept.card.base_model)
            registry.judged(kept.name, (), False)
    return registry


def _said(
    engine: HubEngine, pages: Sequence[LabelledDocument], readings: Readings
) -> tuple[list[dict[str, str]], str]:
    """What a model gives for a field of every page, and its revision."""
    schema = load_schema("animal:text")
    found = []
    for page in pages:
        asked = replace(page, fields=(FieldLabel("animal", None),))
        said = ask_document(engine, asked, readings, schema, "balanced")
        fields = said.extraction.fields if said and said.extraction else ()
        values = {field.name: field for field in fields if isinstance(field, FieldValue)}
        found.append({name: field.raw for name, field in values.items() if field.raw is not None})
    engine.close()
    return found, engine.card.revision


def _cases(file: Path, pages: Sequence[LabelledDocument], fields: Sequence[dict[str, str]]) -> Path:
    lines = [
        json.dumps({"file": page.name, "task": "extract", "fields": said})
        for page, said in zip(pages, fields, strict=True)
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    capsys.readouterr()
    assert main(["adapters", "judge", "mine", *arguments, "--json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_a_winner_is_told_kept_and_promoted(
    prepared: Shelf, shelf: AdapterRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["adapters", "promote", "mine"]) == UsageError.exit_code
    assert "was not judged yet" in capsys.readouterr().err
    assert main(["adapters", "judge", "mine", "--cases", str(prepared.wins)]) == 0
    told = capsys.readouterr().out
    assert "The adapter is better" in told and "adapters promote mine" in told and "all fields" in told
    (kept,) = shelf.adapters()
    assert kept.card is not None and kept.card.promoted and not kept.active
    assert kept.card.figures[-1].name == "all fields" and kept.card.figures[-1].after == 1.0
    assert (kept.folder / "judgement" / "before_after.html").is_file()
    assert main(["adapters", "promote", "mine"]) == 0
    assert shelf.adapters()[0].active


def test_a_winner_can_be_promoted_at_once(
    prepared: Shelf, shelf: AdapterRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run_json(capsys, "--cases", str(prepared.wins), "--promote", "--out", str(tmp_path / "out"))
    assert found["promoted"] is True and shelf.adapters()[0].active
    assert found["documents"] == DOCUMENTS
    assert (tmp_path / "out" / "comparison.md").is_file()


def test_a_loser_is_not_promoted_unless_anyway(
    prepared: Shelf, shelf: AdapterRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run_json(capsys, "--cases", str(prepared.loses), "--promote", "--out", str(tmp_path / "out"))
    assert found["promoted"] is False and not shelf.adapters()[0].active
    assert main(["adapters", "promote", "mine"]) == UsageError.exit_code
    assert "did not win over its base" in capsys.readouterr().err
    assert main(["adapters", "promote", "mine", "--anyway"]) == 0
    assert shelf.adapters()[0].active


def test_few_documents_promote_nothing(
    prepared: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run_json(
        capsys, "--cases", str(prepared.wins), "--limit", "3", "--promote", "--out", str(tmp_path / "out")
    )
    assert found["promoted"] is False and found["documents"] == 3
    assert "hold out at least 5 documents" in json.dumps(found["verdict"])


def test_what_was_learnt_by_heart_does_not_count(
    prepared: Shelf, shelf: AdapterRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = shelf.adapters()[0].card
    assert card is not None
    source = shelf.folder_of("mine")
    shelf.keep(source, replace(card, name="partly", trained_on=prepared.hashes[:6]))
    shelf.keep(source, replace(card, name="wholly", trained_on=prepared.hashes))
    try:
        judged = ["adapters", "judge", "partly", "--cases", str(prepared.wins), "--json"]
        assert main([*judged, "--out", str(tmp_path / "out")]) == 0
        captured = capsys.readouterr()
        assert json.loads(captured.out)["documents"] == 1
        assert "6 of 7 documents are left out" in captured.err
        assert main(["adapters", "judge", "wholly", "--cases", str(prepared.wins)]) == UsageError.exit_code
    finally:
        shelf.delete("partly")
        shelf.delete("wholly")


def test_a_document_saved_again_does_not_count_either(
    prepared: Shelf, shelf: AdapterRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ("Acme Stores Ltd No 5 Long Street", "1234 Town Tel 0123 456789", "Total 9.00 on 25/12/2018")
    learnt, again = pdf_of(tmp_path / "learnt.pdf", *rows), pdf_of(tmp_path / "again.pdf", *rows, font_size=9)
    new = pdf_of(tmp_path / "new.pdf", "gnu hen", "ibis")
    others = ("Birch Kiosk Inc 77 Short Lane", "5678 City Call 0987 654321", "Paid 4.20 until 12/07/2031")
    twins = [pdf_of(tmp_path / f"{size}.pdf", *others, font_size=size) for size in (7, 8)]
    settings = Settings.from_environment()
    with Readings.open(settings) as readings:
        readings.of(learnt)
    card = shelf.adapters()[0].card
    assert card is not None
    shelf.keep(shelf.folder_of("mine"), replace(card, name="copied", trained_on=(learnt.sha256,)))
    labels = ({"animal": "x"}, {"animal": "hen"}, {"animal": "x"}, {"animal": "x"})
    both = _cases(tmp_path / "both.jsonl", (again, new, *twins), labels)
    one = _cases(tmp_path / "one.jsonl", (again,), ({"animal": "x"},))
    try:
        judged = ["adapters", "judge", "copied", "--out", str(tmp_path / "out"), "--json", "--cases"]
        assert main([*judged, str(both)]) == 0
        captured = capsys.readouterr()
        assert json.loads(captured.out)["documents"] == 2
        assert "1 document is left out: 'copied' has learnt nearly the same." in captured.err
        assert "1 document is left out: nearly the same as another." in captured.err
        assert main([*judged, str(one)]) == UsageError.exit_code
        assert "copies of every document" in capsys.readouterr().err
    finally:
        shelf.delete("copied")


def test_an_adapter_beside_another_says_nothing_of_the_base(
    prepared: Shelf, shelf: AdapterRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    found = run_json(capsys, "--cases", str(prepared.wins), "--against", "mine", "--limit", "1", "--out", out)
    assert (found["fixed"], found["broken"]) == (0, 0)
    card = shelf.adapters()[0].card
    assert card is not None and card.figures == ()


def test_an_adapter_of_nobody_is_a_sentence(prepared: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["adapters", "judge", "nobody", "--cases", str(prepared.wins)]) == ModelError.exit_code
    assert "no adapter called 'nobody'" in capsys.readouterr().err
