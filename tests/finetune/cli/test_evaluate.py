"""``python -m finetune evaluate``, run as a person runs it, with a real random model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from docvlm.errors import UsageError
from finetune.cli.labels import read_labels
from finetune.cli.main import main
from finetune.evaluation import read_evaluation
from tests.finetune.data.pages import pdf_of
from tests.models.tiny_checkpoints import save_random_adapter, save_tiny_checkpoint


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two small receipts with labels of every task, one line of them broken; a model and an adapter."""
    folder = tmp_path_factory.mktemp("evaluate")
    pdf_of(folder / "a.pdf", "Ant bee", "Total 12.50")
    pdf_of(folder / "b.pdf", "Cat dog", "Total 9.00")
    lines = [
        {"file": "a.pdf", "task": "extract", "fields": {"company": "Ant bee"}},
        {"file": "b.pdf", "task": "extract", "fields": {"company": "Cat dog"}},
        {"file": "a.pdf", "task": "qa", "question": "What is the total?", "answers": ["12.50"]},
        {"file": "b.pdf", "task": "ocr", "text": "Cat dog Total 9.00"},
        {"file": "b.pdf", "task": "page_fact", "page": 1, "id": "b1", "type": "present", "text": "Cat"},
        {"file": "nowhere.pdf", "task": "extract", "fields": {"company": "Eel"}},
    ]
    (folder / "cases.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    base = save_tiny_checkpoint("idefics2", folder / "base")
    save_random_adapter(base, folder / "adapter", seed=5)
    return folder


@pytest.fixture(autouse=True)
def home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCVLM_HOME", str(folder / "home"))
    monkeypatch.setenv("DOCVLM_MODEL", str(folder / "base"))


def test_reading_needs_no_model(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = str(folder / "cases.jsonl")
    assert main(["evaluate", cases, "--task", "ocr", "--task", "page_fact", "--json"]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert found["documents"] == 1
    assert found["metrics"]["reading_cer"]["value"] == 0.0
    assert found["metrics"]["fact_accuracy"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert "nowhere.pdf" in captured.err


@pytest.mark.slow
def test_everything_is_measured_and_compared(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", str(folder / "cases.jsonl"), "--adapter", str(folder / "adapter")]
    assert main([*arguments, "--against", "none", "--json", "--out", str(tmp_path / "out")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["documents"] == 2 and found["failed"] == []
    assert {"field_typed", "answer_anls", "reading_cer", "fact_accuracy"} <= set(found["metrics"])
    assert found["fields"]["company"].keys() >= {"exact", "typed", "f1"}
    assert found["adapter"] == str(folder / "adapter") and found["against"]["adapter"] is None
    assert found["revision"] != found["against"]["revision"]
    assert found["comparison"]["documents"] == 2
    kept = read_evaluation(tmp_path / "out" / "evaluation.json")
    assert [result.name for result in kept.documents] == ["a.pdf", "b.pdf"]
    assert (tmp_path / "out" / "comparison.md").is_file()
    assert main([*arguments, "--task", "extract", "--limit", "1"]) == 0
    table = capsys.readouterr().out
    assert table.startswith("1 documents, model") and "| company" in table


def test_a_sample_follows_from_its_seed(folder: Path) -> None:
    cases = folder / "cases.jsonl"
    names = {seed: read_labels(cases, limit=1, seed=seed).documents[0].name for seed in range(8)}
    assert set(names.values()) == {"a.pdf", "b.pdf"}
    assert names == {seed: read_labels(cases, limit=1, seed=seed).documents[0].name for seed in range(8)}
    assert len(read_labels(cases, limit=9).documents) == 2


@pytest.mark.parametrize("form", ["cauldron", "donut", "label-studio"])
def test_labels_of_every_form_are_evaluated(folder: Path, tmp_path: Path, form: str) -> None:
    assert main(["data", "convert", str(folder / "cases.jsonl"), "--to", form, "--out", str(tmp_path)]) == 0
    first, second = read_labels(tmp_path).documents
    assert [label.name for label in first.fields] == ["company"] == [label.name for label in second.fields]
    assert first.questions[0].answers == ("12.50",) and second.transcripts[0].text == "Cat dog Total 9.00"
    assert all(document.path is not None and document.path.is_file() for document in (first, second))
    assert not read_labels(tmp_path, tasks=("qa",)).documents[0].fields


def test_documents_can_be_left_out(folder: Path) -> None:
    cases = folder / "cases.jsonl"
    first, second = read_labels(cases).documents
    assert read_labels(cases, without=(first.sha256,)).documents == (second,)


def test_forms_with_names_of_their_own_are_asked_for_their_own(tmp_path: Path) -> None:
    lines = []
    for number in range(30):
        pdf_of(tmp_path / f"{number}.pdf", f"Name {number}")
        fields = {f"name {number}": "x", f"other {number}": "y"}
        lines.append(json.dumps({"file": f"{number}.pdf", "task": "extract", "fields": fields}))
    (tmp_path / "cases.jsonl").write_text("\n".join(lines), encoding="utf-8")
    labels = read_labels(tmp_path / "cases.jsonl")
    assert callable(labels.schema)
    schema = labels.schema(labels.documents[3])
    assert schema is not None and [field.name for field in schema.fields] == ["name 3", "other 3"]


def test_a_file_without_labels_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")
    assert main(["evaluate", str(tmp_path / "empty.jsonl")]) == UsageError.exit_code
    assert "has no label that can be evaluated" in capsys.readouterr().err


def test_cases_about_opening_files_say_what_reads_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        {"file": "a.png", "task": "image", "size": [4, 4]},
        {"file": "b.pdf", "task": "pdf", "pages": 1, "opens": True},
    ]
    cases = tmp_path / "cases.jsonl"
    cases.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    assert main(["evaluate", str(cases)]) == UsageError.exit_code
    told = capsys.readouterr().err
    assert "say how files open (tasks image and pdf), and no model is asked" in told
    assert "python -m docvlm read FILE --json" in told
    with cases.open("a", encoding="utf-8") as file:
        file.write('{"file": "c.pdf", "task": "page_fact"}\n')
    assert main(["evaluate", str(cases), "--task", "qa"]) == UsageError.exit_code
    assert "has no label that can be evaluated" in capsys.readouterr().err


@pytest.mark.parametrize("limit", ["0", "-3", "many"])
def test_a_sample_has_at_least_one_document(
    folder: Path, limit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", str(folder / "cases.jsonl"), "--limit", limit])
    assert ended.value.code == UsageError.exit_code
    assert "--limit" in capsys.readouterr().err
