"""A request is checked once, and comes back from its folder as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from docvlm.errors import SchemaError, UsageError
from finetune.runner import RunRequest, load_request
from finetune.runner.request import REQUEST_FILE
from finetune.training.settings import TrainingSettings


def test_a_request_comes_back_as_it_was(tmp_path: Path) -> None:
    request = RunRequest(
        "receipts-2",
        cases=tmp_path / "cases.jsonl",
        documents=("ab", "cd"),
        schema_json=RunRequest.schema_text("date:date, total:amount"),
        settings=TrainingSettings(rank=4, targets=("q_proj",), minutes=2.5),
        held_out=3,
        limit=20,
        promote=False,
    )
    request.save(tmp_path)
    assert load_request(tmp_path) == request
    schema = load_request(tmp_path).schema
    assert schema is not None and [field.name for field in schema.fields] == ["date", "total"]


def test_a_model_behind_a_server_is_not_trained() -> None:
    with pytest.raises(UsageError, match="behind a server") as told:
        RunRequest("x", settings=TrainingSettings(base_model="http://127.0.0.1:8000/v1#some-model"))
    assert told.value.remedy == "Choose embedded or a checkpoint under Models."


def test_a_schema_file_may_change_after_the_start(tmp_path: Path) -> None:
    file = tmp_path / "fields.txt"
    file.write_text("date:date, total:amount")
    request = RunRequest("receipts", schema_json=RunRequest.schema_text(str(file)))
    file.unlink()
    assert request.schema is not None and len(request.schema.fields) == 2


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "..", "x" * 61, "one two"])
def test_names_that_are_no_folder_of_a_run(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a run"):
        RunRequest(name)


@pytest.mark.parametrize("held_out", [-1, 1.5, float("nan"), float("inf")])
def test_numbers_of_documents_that_cannot_be_held_out(held_out: float) -> None:
    with pytest.raises(UsageError, match="cannot be held out"):
        RunRequest("receipts", held_out=held_out)


def test_other_values_that_cannot_be_used() -> None:
    with pytest.raises(UsageError, match="limit is 0"):
        RunRequest("receipts", limit=0)
    with pytest.raises(SchemaError):
        RunRequest("receipts", schema_json="no_such_schema")


def test_a_folder_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no run"):
        load_request(tmp_path)
    (tmp_path / REQUEST_FILE).write_text(json.dumps({"name": "x"}))
    with pytest.raises(UsageError, match="not made by this docvlm version"):
        load_request(tmp_path)
