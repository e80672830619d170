"""An adapter's card comes back as it was written and refuses what it was not trained for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from docvlm.adapters import AdapterCard, Figure, read_card, write_card
from docvlm.errors import ModelError

CARD = AdapterCard(
    "receipts",
    "embedded",
    "abc",
    tiling="balanced",
    documents=20,
    trained_on=("a", "b"),
    figures=(Figure("total", 0.5, 0.9),),
)


def test_a_card_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_card(tmp_path, CARD)
    assert read_card(tmp_path) == CARD


def test_a_folder_without_card_has_none(tmp_path: Path) -> None:
    assert read_card(tmp_path) is None


def test_what_a_later_version_adds_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "docvlm_adapter.json").write_text(
        '{"name": "a", "base_model": "embedded", "base_revision": "1", "mood": "good"}', encoding="utf-8"
    )
    assert read_card(tmp_path) == AdapterCard("a", "embedded", "1")


@pytest.mark.parametrize("content", ["", "[]", '{"name": "a"}', '{"name": "a", "figures": 3}'])
def test_a_damaged_card_is_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "docvlm_adapter.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be read"):
        read_card(tmp_path)


def test_the_same_version_under_another_name_is_the_same_base() -> None:
    CARD.refuse_other_base("./copy-of-embedded", "abc")


def test_another_base_is_refused_with_the_reason() -> None:
    with pytest.raises(ModelError, match="trained over 'embedded', not over 'org/model'"):
        CARD.refuse_other_base("org/model", "xyz")
    with pytest.raises(ModelError, match="version abc of 'embedded'; this is version xyz"):
        CARD.refuse_other_base("embedded", "xyz")


def test_another_reader_is_a_doubt_and_no_refusal() -> None:
    card = replace(CARD, reader="3")
    assert CARD.doubt("4", "1") is None and card.doubt("3", "1") is None
    assert "words of reader 3; this is 4" in str(card.doubt("4", "1"))


def test_the_same_reader_computed_by_another_library_is_a_doubt() -> None:
    card = replace(CARD, reader="3 (onnxruntime)")
    assert card.doubt("3 (onnxruntime)", "1") is None
    assert "words of reader 3 (onnxruntime); this is 3 (openvino)" in str(card.doubt("3 (openvino)", "1"))


def test_an_older_card_knows_the_version_of_its_reader_alone() -> None:
    card = replace(CARD, reader="3")
    assert card.doubt("3 (openvino)", "1") is None
    assert "words of reader 3; this is 4 (openvino)" in str(card.doubt("4 (openvino)", "1"))


def test_other_prompts_are_a_doubt_and_no_refusal() -> None:
    card = replace(CARD, prompts="1")
    assert card.doubt("4", "1") is None
    assert "prompts of version 1; these are 2" in str(card.doubt("4", "2"))


def test_another_tiling_is_refused_with_the_reason() -> None:
    CARD.refuse_other_tiling("balanced")
    with pytest.raises(
        ModelError, match=r"'balanced' tiles; pages would now be shown with no tiles.*balanced"
    ):
        CARD.refuse_other_tiling("")
