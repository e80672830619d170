"""Commands that need the embedded model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from docvlm.cli.main import main

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def home(model_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCVLM_HOME", str(model_home))


@pytest.fixture
def invoice(samples: Path) -> str:
    return str(samples / "invoice.pdf")


def printed_json(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_ask_prints_words_of_the_page_with_their_box(
    invoice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", invoice, "What is the total?", "--json"]) == 0
    reply = printed_json(capsys)
    assert {"answer", "confidence", "page", "boxes"} <= reply.keys()
    main(["read", invoice, "--json"])
    words = " ".join(word["text"] for word in printed_json(capsys)["pages"][0]["words"])
    assert reply["answer"] in words
    assert reply["page"] == 1 and len(reply["boxes"][0]) == 4
    assert 0 <= reply["confidence"] <= 1


def test_extract_prints_every_field_and_export_writes_them(
    invoice: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["extract", invoice, "--schema", "number:identifier, total:amount", "--json"]) == 0
    fields = printed_json(capsys)["fields"]
    assert list(fields) == ["number", "total"]
    assert {"value", "raw", "confidence", "page", "box"} <= fields["total"].keys()
    for ending in ("csv", "xlsx", "json"):
        out = tmp_path / f"out.{ending}"
        assert main(["export", str(out)]) == 0
        assert out.stat().st_size > 50


def test_tiles_draws_the_plan_and_predicts_its_cost(
    samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "plan.png"
    contract = str(samples / "scanned-contract.pdf")
    assert main(["tiles", contract, "--tiles", "4", "--out", str(out), "--json"]) == 0
    pages = printed_json(capsys)["pages"]
    assert [page["number"] for page in pages] == [1, 2]
    assert all(len(page["tiles"]) <= 5 and page["expected_seconds"] > 0 for page in pages)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan-1.png", "plan-2.png"]
