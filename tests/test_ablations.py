"""The ablations of the training: what each row learns from, and that a stopped run goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from docvlm.errors import UsageError
from docvlm.models.protocol import Engine, GenerationRequest
from docvlm.pipeline.ask import ask_windows
from docvlm.prompts import NOT_FOUND
from docvlm.types import Answer
from finetune.cli.labels import Labels
from finetune.evaluation.evaluate import summarise
from finetune.evaluation.results import (
    DocumentResult,
    Evaluation,
    JudgedValue,
    ValueKind,
    write_evaluation,
)
from finetune.instruct import Examples, InstructConfig, example_of
from finetune.long_run import read_recipe
from finetune.synthesis.examples import Example
from tests.benchmarks import ablations
from tests.benchmarks.ablation_rows import ROWS, PlainLinesEngine, Row, plain_lines
from tests.benchmarks.ablations import RECIPE, keep_settings, tables_of, train_row
from tests.engines import WrittenEngine, windows_of
from tests.finetune.tiny import save_tiny_model

CONFIG = InstructConfig(seed=3, documents=40, max_tokens=4000)


def _row(name: str) -> Row:
    return next(row for row in ROWS if row.name == name)


def _examples(name: str, count: int = CONFIG.documents) -> list[Example]:
    examples: Examples = _row(name).examples(CONFIG)
    return [examples(CONFIG.seed, number) for number in range(count)]


ALWAYS = _examples("as-it-is")


def _words(example: Example) -> str:
    return " ".join(word.text for word in example.reading.words)


def _lines(examples: list[Example]) -> list[str]:
    return [line for example in examples for turn in example.turns for line in turn.reply.splitlines()]


def test_the_first_row_learns_what_every_run_learns() -> None:
    assert [(one.page_text, one.turns) for one in ALWAYS] == [
        (one.page_text, one.turns) for one in (example_of(CONFIG.seed, number) for number in range(40))
    ]
    assert ROWS[0].config(CONFIG) == CONFIG


def test_the_rows_with_other_ranks_differ_in_nothing_else() -> None:
    recipe = read_recipe(RECIPE, InstructConfig)
    for name, rank in (("rank-4", 4), ("rank-64", 64)):
        assert _row(name).config(recipe) == replace(recipe, rank=rank, alpha=2 * rank)
        assert _examples(name, 3) == ALWAYS[:3]


def test_without_misreadings_some_pages_change_and_others_stay() -> None:
    clean = _examples("no-misreadings")
    same = sum(_words(one) == _words(other) for one, other in zip(ALWAYS, clean, strict=True))
    assert len(ALWAYS) // 4 < same < len(ALWAYS)


def test_without_absent_fields_no_reply_says_that_something_is_missing() -> None:
    assert any(NOT_FOUND in line for line in _lines(ALWAYS))
    asked = _examples("no-absent")
    assert not [line for line in _lines(asked) if NOT_FOUND in line]
    # There is still an extraction on most pages, and about as much to ask.
    assert sum(turn.schema is not None for one in asked for turn in one.turns) > len(asked) // 2
    assert len(_lines(asked)) > 0.6 * len(_lines(ALWAYS))


def test_few_pages_are_seen_ten_times_in_changing_order() -> None:
    seen = [example.page_text for example in _examples("few-pages")]
    pool = {example.page_text for example in ALWAYS[:4]}
    rounds = [seen[start : start + 4] for start in range(0, 40, 4)]
    assert all(set(one) == pool for one in rounds)
    assert len({tuple(one) for one in rounds}) > 1


def test_plain_lines_are_the_same_words_and_nothing_else() -> None:
    for one, plain in zip(ALWAYS, _examples("plain-lines"), strict=True):
        assert plain.page_text.split() == one.page_text.split()
        assert plain.turns == one.turns
        assert "  " not in plain.page_text and "\n\n" not in plain.page_text
        assert all(line == line.strip() for line in plain.page_text.splitlines())
    assert plain_lines("  Tea    2.50\n\nTotal\n") == "Tea 2.50\nTotal"


def test_a_model_that_is_asked_about_plain_lines_answers_with_places() -> None:
    written = WrittenEngine(lambda _text, _prompt: " 12.50\n")
    engine = _row("plain-lines").asked(written)
    assert all(row.asked(written) is written for row in ROWS if row.name != "plain-lines")
    (window,) = windows_of(written, ["Tea            2.50", "", "   Total      12.50"])
    assert "  " in window.input.reader_text
    *_, answer = ask_windows(engine, [window], "What is the total?", lambda one: one.input)
    assert isinstance(answer, Answer) and answer.text == "12.50"
    assert answer.boxes == window.words.find("12.50")[0].boxes
    assert {page.reader_text for page in written.pages} == {"Tea 2.50\nTotal 12.50"}
    # Two engines that keep what they computed of a page by its key never mix the two up.
    list(engine.generate(window.input, GenerationRequest("?")))
    assert window.input.key not in {page.key for page in written.pages}


@pytest.fixture(scope="module")
def language_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    return save_tiny_model(tmp_path_factory.mktemp("tiny"))


def _logged(folder: Path) -> list[int]:
    lines = (folder / "run" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["seen"] for line in lines]


def test_a_row_is_trained_once(language_model: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, documents=1, documents_a_step=1)
    for name, rank in (("rank-4", 4), ("plain-lines", 16)):
        adapter = train_row(_row(name), tmp_path / name, language_model, config)
        weights = load_file(adapter / "adapter_model.safetensors")
        assert {value.shape[0] for key, value in weights.items() if "lora_A" in key} == {rank}
        assert train_row(_row(name), tmp_path / name, language_model, config) == adapter
        assert _logged(tmp_path / name) == [1]


def _killed_at(last: int) -> Callable[[InstructConfig], Examples]:
    """Examples that end with Ctrl-C."""

    def example(seed: int, number: int) -> Example:
        if number == last:
            raise KeyboardInterrupt
        return example_of(seed, number)

    return lambda _config: example


def test_a_training_that_was_killed_goes_on(language_model: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, documents=3, documents_a_step=1, checkpoint_minutes=0)
    row, folder = _row("no-absent"), tmp_path / "row"
    (folder / "run").mkdir(parents=True)
    (folder / "run" / "log.jsonl").write_text("")  # killed before its first checkpoint: begins anew
    for number in (0, 2):
        with pytest.raises(KeyboardInterrupt):
            train_row(replace(row, examples=_killed_at(number)), folder, language_model, config)
        assert not (folder / "adapter").exists()
    assert _logged(folder) == [1, 2]
    train_row(row, folder, language_model, config)
    assert _logged(folder) == [1, 2, 3]
    assert (folder / "adapter" / "adapter_model.safetensors").is_file()


def test_rows_of_other_settings_are_not_mixed(tmp_path: Path) -> None:
    keep_settings(tmp_path / "out", {"documents": 300})
    keep_settings(tmp_path / "out", {"documents": 300})
    with pytest.raises(UsageError, match="other settings"):
        keep_settings(tmp_path / "out", {"documents": 20})


def test_what_the_folder_holds_is_not_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = WrittenEngine(lambda _text, _prompt: "")
    asked: list[tuple[Engine, object]] = []

    def evaluate(engine: Engine, documents: object, *_arguments: object, **_options: object) -> Evaluation:
        asked.append((engine, documents))
        return summarise(engine, ())

    def load(_cache: Path, shipped_adapter: Path, vision: Path) -> WrittenEngine:
        assert shipped_adapter == tmp_path / "adapter" and not vision.exists()
        return written

    monkeypatch.setenv("DOCVLM_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(ablations, "cached_language_model", lambda: tmp_path)
    monkeypatch.setattr(ablations, "train_row", lambda _row, folder, *_others: folder / "adapter")
    monkeypatch.setattr(ablations, "EmbeddedEngine", load)
    monkeypatch.setattr(ablations, "evaluate_documents", evaluate)
    labels = {"sroie": Labels((), None, {}), "funsd": Labels((), None, {})}
    (tmp_path / "sroie.json").write_text("{}")
    ablations._measure(_row("plain-lines"), tmp_path, CONFIG, labels)
    assert [documents for _, documents in asked] == [labels["funsd"].documents]
    assert isinstance(asked[0][0], PlainLinesEngine)
    ablations._measure(_row("plain-lines"), tmp_path, CONFIG, labels)
    assert len(asked) == 1


def _result(number: int, right: bool, kind: ValueKind) -> DocumentResult:
    value = JudgedValue(
        kind, "total", ("9",), "9", "9", 0.9, 1, (), exact=right, normalised=right, right=right, anls=right
    )
    return DocumentResult(str(number), f"{number}.png", "", (value,))


def test_the_table_has_intervals_and_differences(tmp_path: Path) -> None:
    engine = WrittenEngine(lambda _text, _prompt: "")
    for name, rights in (("as-it-is", 8), ("rank-4", 4)):
        for data, kind in (("sroie", ValueKind.FIELD), ("funsd", ValueKind.ANSWER)):
            (tmp_path / name).mkdir(exist_ok=True)
            results = tuple(_result(number, number < rights, kind) for number in range(8))
            write_evaluation(tmp_path / name / f"{data}.json", summarise(engine, results))
    right, wrongly = tables_of(tmp_path, ("sroie", "funsd")).strip().split("\n\nWrongly")
    lines = right.splitlines()[2:]
    assert lines[0] == "| what differs | sroie | funsd |"
    assert lines[2] == "| nothing | 1.00 (1.00 to 1.00) | 1.00 (1.00 to 1.00) |"
    assert lines[3].startswith("| rank 4 of the adapter | 0.50 (0.")
    assert lines[3].count("; -0.50 (-0.") == 2
    assert len(lines) == 4 and len(wrongly.splitlines()) == 6
