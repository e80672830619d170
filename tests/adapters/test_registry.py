"""The shelf of adapters: what is kept is listed, switched on, handed out and taken in, and nothing else."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from docvlm.adapters import (
    AdapterCard,
    AdapterRegistry,
    Figure,
    KnownValues,
    read_card,
    read_known_values,
    write_card,
    write_known_values,
)
from docvlm.errors import ModelError, UsageError
from tests.adapters.folders import save_adapter

CARD = AdapterCard("receipts", "embedded", "abc")


@pytest.fixture
def registry(tmp_path: Path) -> AdapterRegistry:
    registry = AdapterRegistry(tmp_path / "shelf")
    registry.keep(save_adapter(tmp_path / "trained"), CARD)
    return registry


def test_a_new_shelf_is_empty(tmp_path: Path) -> None:
    assert AdapterRegistry(tmp_path / "none yet").adapters() == []


def test_a_kept_adapter_is_listed_and_found(registry: AdapterRegistry) -> None:
    (kept,) = registry.adapters()
    assert (kept.name, kept.card, kept.active) == ("receipts", CARD, False)
    assert kept.byte_count > 0
    assert registry.folder_of("receipts") == kept.folder == registry.resolve("receipts", "embedded")


def test_a_name_is_taken_once(registry: AdapterRegistry, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="already"):
        registry.keep(tmp_path / "trained", CARD)
    assert registry.free_name("receipts") == "receipts-2"


@pytest.mark.parametrize("name", ["../evil", "", "none", "a/b", ".hidden", "a" * 65])
def test_a_name_never_leaves_the_shelf(registry: AdapterRegistry, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name"):
        registry.free_name(name)
    with pytest.raises(ModelError, match="no adapter called"):
        registry.folder_of(name)


def test_a_folder_of_somebody_unknown_is_told(registry: AdapterRegistry) -> None:
    with pytest.raises(ModelError, match="no adapter at '~nobody-here/receipts'"):
        registry.resolve("~nobody-here/receipts", "embedded")


def test_switching_on_and_off(registry: AdapterRegistry) -> None:
    assert registry.resolve(None, "embedded") is None
    registry.activate("receipts")
    assert registry.active("embedded") == "receipts"
    assert registry.adapters()[0].active
    assert registry.resolve(None, "embedded") == registry.folder_of("receipts")
    assert registry.resolve(None, "org/model") is None
    assert registry.resolve("none", "embedded") is None
    registry.deactivate("embedded")
    assert registry.resolve(None, "embedded") is None


def test_a_deleted_adapter_is_gone_and_switched_off(registry: AdapterRegistry) -> None:
    registry.activate("receipts")
    folder = registry.folder_of("receipts")
    registry.delete("receipts")
    assert registry.adapters() == []
    assert registry.active("embedded") is None
    assert not folder.exists()
    assert [path.name for path in folder.parent.iterdir()] == ["active.json"]


@pytest.mark.parametrize("form", ["given", "given.zip"])
def test_what_is_exported_can_be_taken_in(registry: AdapterRegistry, tmp_path: Path, form: str) -> None:
    target = registry.export("receipts", tmp_path / form)
    taken = registry.take_in(target)
    assert taken.name == "receipts-2"
    assert taken.card is not None and taken.card.base_revision == "abc"
    for file in ("adapter_config.json", "adapter_model.safetensors"):
        assert (taken.folder / file).read_bytes() == (registry.folder_of("receipts") / file).read_bytes()
    with pytest.raises(UsageError, match="exists already"):
        registry.export("receipts", target)


def test_what_people_labelled_is_kept_and_never_exported(registry: AdapterRegistry, tmp_path: Path) -> None:
    source, known = save_adapter(tmp_path / "labelled"), KnownValues({"company": ("Oakfield Trading",)})
    write_known_values(source, known)
    kept = registry.keep(source, AdapterCard("labelled", "embedded", "abc"))
    assert read_known_values(kept) == known
    exported = registry.export("labelled", tmp_path / "plain")
    assert "Oakfield" not in "".join(
        file.read_text(errors="replace") for file in exported.rglob("*") if file.is_file()
    )


def test_where_a_base_lies_on_this_machine_is_not_exported(registry: AdapterRegistry, tmp_path: Path) -> None:
    base = "/home/anna/models/my base"
    source = save_adapter(tmp_path / "local")
    config = source / "adapter_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"base_model_name_or_path": base}))
    settings = json.dumps({"base_model": base, "rank": 8})
    registry.keep(source, AdapterCard("local", base, "abc", settings_json=settings))
    exported = registry.export("local", tmp_path / "plain")
    told = {file.name: file.read_text(errors="replace") for file in exported.iterdir()}
    assert not any("anna" in text for text in told.values())
    assert json.loads(told["adapter_config.json"])["base_model_name_or_path"] == "my base"
    taken = registry.take_in(exported)
    assert taken.card is not None and taken.card.base_model == "my base"
    assert json.loads(taken.card.settings_json) == {"base_model": "my base", "rank": 8}
    registry.activate(taken.name)
    assert registry.active(base) == taken.name and registry.active("/elsewhere/other") is None
    registry.deactivate(base)
    assert registry.active(base) is None


def test_a_plain_peft_adapter_is_taken_in_without_card(registry: AdapterRegistry, tmp_path: Path) -> None:
    taken = registry.take_in(save_adapter(tmp_path / "from elsewhere"))
    assert (taken.name, taken.card) == ("from-elsewhere", None)
    with pytest.raises(ModelError, match="does not say which model"):
        registry.activate(taken.name)


def test_a_zip_with_paths_writes_nothing_outside(registry: AdapterRegistry, tmp_path: Path) -> None:
    source = save_adapter(tmp_path / "source")
    evil = tmp_path / "evil.zip"
    with zipfile.ZipFile(evil, "w") as archive:
        archive.write(source / "adapter_model.safetensors", "../../../adapter_model.safetensors")
        archive.write(source / "adapter_config.json", "/etc/adapter_config.json")
        archive.writestr("../../run_me.py", "print('evil')")
    taken = registry.take_in(evil)
    assert sorted(path.name for path in taken.folder.iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]
    assert not list(tmp_path.rglob("run_me.py"))


def test_pickled_weights_are_not_taken_in(registry: AdapterRegistry, tmp_path: Path) -> None:
    source = save_adapter(tmp_path / "old")
    (source / "adapter_model.safetensors").rename(source / "adapter_model.bin")
    with pytest.raises(ModelError, match=r"no adapter_model\.safetensors"):
        registry.take_in(source)
    assert [kept.name for kept in registry.adapters()] == ["receipts"]


def test_rubbish_is_not_taken_in(registry: AdapterRegistry, tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish.zip"
    rubbish.write_bytes(b"\x00rubbish")
    with pytest.raises(ModelError, match="not a zip"):
        registry.take_in(rubbish)
    with pytest.raises(UsageError, match="no adapter at"):
        registry.take_in(tmp_path / "nowhere")


def test_only_a_winner_is_promoted(registry: AdapterRegistry) -> None:
    with pytest.raises(UsageError, match="was not judged yet"):
        registry.promote("receipts")
    registry.judged("receipts", (Figure("total", 0.9, 0.5),), wins=False)
    with pytest.raises(UsageError, match="did not win over its base"):
        registry.promote("receipts")
    assert registry.active("embedded") is None
    registry.promote("receipts", anyway=True)
    assert registry.active("embedded") == "receipts"
    registry.deactivate("embedded")
    registry.judged("receipts", (Figure("total", 0.5, 0.9),), wins=True)
    registry.promote("receipts")
    assert registry.active("embedded") == "receipts"
    (kept,) = registry.adapters()
    assert kept.card == replace(CARD, figures=(Figure("total", 0.5, 0.9),), promoted=True)


def test_without_a_card_nothing_can_be_judged_or_promoted(registry: AdapterRegistry, tmp_path: Path) -> None:
    registry.take_in(save_adapter(tmp_path / "plain"))
    with pytest.raises(ModelError, match="no card"):
        registry.judged("plain", (), wins=True)
    with pytest.raises(ModelError, match="does not say which model"):
        registry.promote("plain", anyway=True)


@pytest.mark.parametrize("form", ["given", "given.zip"])
def test_what_is_given_out_says_what_it_is_and_names_no_document(
    registry: AdapterRegistry, tmp_path: Path, form: str
) -> None:
    kept = registry.folder_of("receipts")
    write_card(kept, replace(CARD, trained_on=("0" * 64,)))
    (kept / "README.md").write_text("what peft writes", encoding="utf-8")
    (kept / "judgement").mkdir()
    (kept / "judgement" / "before_after.html").write_text("pages of a person", encoding="utf-8")
    target = registry.export("receipts", tmp_path / "out" / form)
    if target.suffix == ".zip":
        with zipfile.ZipFile(target) as archive:
            archive.extractall(tmp_path / "unpacked")
        target = tmp_path / "unpacked" / "receipts"
    assert sorted(path.name for path in target.iterdir()) == [
        "README.md",
        "adapter_config.json",
        "adapter_model.safetensors",
        "docvlm_adapter.json",
    ]
    assert read_card(target) == CARD
    assert "PeftModel.from_pretrained" in (target / "README.md").read_text(encoding="utf-8")
    assert read_card(kept) == replace(CARD, trained_on=("0" * 64,))


def test_an_interrupted_deletion_does_not_stop_the_next(registry: AdapterRegistry, tmp_path: Path) -> None:
    remains = registry.folder_of("receipts").parent / ".deleted-left over"
    (remains / "receipts").mkdir(parents=True)
    registry.delete("receipts")
    registry.keep(tmp_path / "trained", CARD)
    registry.delete("receipts")
    assert registry.adapters() == []
