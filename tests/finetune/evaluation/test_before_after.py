"""A base and its adapter on the same documents, with real models; and what a document counts for."""

from __future__ import annotations

import gc
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForImageTextToText, Idefics3ForConditionalGeneration

from docvlm.adapters import AdapterCard, write_card
from docvlm.config import Settings
from docvlm.errors import Cancelled, InputError, ModelError, UsageError
from docvlm.schemas import Schema
from finetune.data.documents import FieldLabel, LabelledDocument
from finetune.data.readings import Readings
from finetune.data.schema import schema_of
from finetune.evaluation import ValueKind, read_evaluation
from finetune.evaluation.before_after import (
    BEFORE_AFTER_FILE,
    GALLERY_FILE,
    BeforeAfter,
    ask_base,
    before_after,
    document_change,
    read_before_after,
)
from finetune.evaluation.kept_results import KeptResults
from finetune.evaluation.rows import CellCounts, RowsResult
from finetune.promotion import DocumentChange, FieldChange, Tally, judge
from tests.finetune.data.pages import pdf_of
from tests.finetune.evaluation.judged import document, judged
from tests.models.tiny_checkpoints import save_random_adapter, save_tiny_checkpoint


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """Two receipts and a random model with a random adapter."""

    settings: Settings
    adapter: Path
    documents: tuple[LabelledDocument, ...]
    schema: Schema
    readings: Readings


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("bench")
    base = save_tiny_checkpoint("idefics3", folder / "base")
    save_random_adapter(base, folder / "mine")
    pages = (
        pdf_of(folder / "a.pdf", "Harbour Books", "Total 12.50", "Cash 20.00"),
        pdf_of(folder / "b.pdf", "Corner Shop", "Total 8.00", "Cash 10.00"),
    )
    labels = (("Harbour Books", "12.50"), ("Corner Shop", "8.00"))
    documents = tuple(
        replace(page, fields=(FieldLabel("company", company), FieldLabel("total", total)))
        for page, (company, total) in zip(pages, labels, strict=True)
    )
    settings = Settings(folder / "home", f"sqlite:///{folder / 'home' / 'docvlm.sqlite'}", model=str(base))
    with Readings.open(settings) as readings:
        yield Bench(settings, folder / "mine", documents, schema_of(documents), readings)


def run(bench: Bench, folder: Path, **options: object) -> BeforeAfter:
    return before_after(
        bench.settings, bench.adapter, bench.documents, bench.schema, bench.readings, folder, **options
    )


def test_what_was_judged_before_a_pause_is_not_judged_again(bench: Bench, tmp_path: Path) -> None:
    asked: list[tuple[str, int]] = []
    so_far = tmp_path / "so far"
    kept = KeptResults(so_far, should_pause=lambda: True)
    pauses = 0
    while pauses < 10:
        try:
            result = run(
                bench, tmp_path / "kept", tell=lambda what, done, _: asked.append((what, done)), kept=kept
            )
            break
        except Cancelled:
            pauses += 1
            with (so_far / "base.jsonl").open("a") as file:
                file.write('{"sha256": "cut sh')  # by a power cut
    assert pauses == 4
    assert [done for what, done in asked if what == "Asking the base"] == [0, 1, 1, 2]
    assert [done for what, done in asked if what == "Asking the adapter"] == [0, 1, 1, 2]
    unbroken = run(bench, tmp_path / "unbroken")
    assert (result.verdict, result.figures) == (unbroken.verdict, unbroken.figures)
    assert result.comparison.still_wrong == unbroken.comparison.still_wrong
    assert not so_far.exists()


def test_the_base_can_be_asked_first_and_is_not_asked_again(bench: Bench, tmp_path: Path) -> None:
    told: list[str] = []
    kept = KeptResults(tmp_path / "so far")
    base = ask_base(bench.settings, bench.documents, bench.schema, bench.readings, kept)
    result = run(bench, tmp_path, tell=lambda what, _done, _total: told.append(what), kept=kept)
    assert "Asking the base" not in told and "Asking the adapter" in told
    assert result.before == base and base.asked == result.after.asked == 4
    comparison = result.comparison
    assert result.after.right - base.right == len(comparison.fixed) - len(comparison.broken)


def test_what_was_kept_of_other_documents_is_not_taken(bench: Bench, tmp_path: Path) -> None:
    kept = KeptResults(tmp_path / "so far", should_pause=lambda: True)
    for _ in range(2):
        with pytest.raises(Cancelled):
            run(bench, tmp_path, kept=kept)
    assert kept.evaluation("base", bench.documents) is not None
    assert len(kept.results("base", bench.documents)) == 2
    others = bench.documents[::-1]
    assert kept.evaluation("base", others) is None
    assert kept.results("base", others) == []


def test_what_was_kept_of_another_version_of_the_base_is_not_taken(bench: Bench, tmp_path: Path) -> None:
    kept = KeptResults(tmp_path / "so far")
    ask_base(bench.settings, bench.documents, bench.schema, bench.readings, kept)
    asked = kept.evaluation("base", bench.documents)
    assert asked is not None
    kept.finish("base", replace(asked, revision="an older one"))
    adapter = tmp_path / "mine"
    shutil.copytree(bench.adapter, adapter)
    write_card(adapter, AdapterCard("mine", str(bench.settings.model), asked.revision, "idefics3"))
    told: list[str] = []
    result = run(
        replace(bench, adapter=adapter), tmp_path, tell=lambda what, *_of: told.append(what), kept=kept
    )
    assert "Asking the base" in told and result.before.revision == asked.revision


def test_both_are_asked_one_after_the_other_and_everything_is_kept(bench: Bench, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    models: list[int] = []

    def tell(what: str, done: int, total: int) -> None:
        told.append((what, done, total))
        if done == 1:
            found = gc.get_objects()
            models.append(sum(isinstance(one, Idefics3ForConditionalGeneration) for one in found))

    result = run(bench, tmp_path, tell=tell)
    asked = [(what, done, 2) for what in ("Asking the base", "Asking the adapter") for done in range(3)]
    assert told[:6] == asked
    assert set(models[:2]) == {1}
    assert (result.before.adapter, result.after.adapter) == (None, str(bench.adapter))
    assert result.before.revision != result.after.revision
    assert result.comparison.documents == 2
    assert read_before_after(tmp_path) == result
    names = [figure.name for figure in result.figures]
    assert names == ["company", "total", "all fields"]
    wrong = (*result.comparison.fixed, *result.comparison.broken, *result.comparison.still_wrong)
    assert len(result.gallery) == len(wrong) > 0
    assert all((tmp_path / "gallery" / str(entry.picture)).is_file() for entry in result.gallery)
    assert result.verdict.reason in (tmp_path / GALLERY_FILE).read_text(encoding="utf-8")
    assert "| company" in (tmp_path / "comparison.md").read_text(encoding="utf-8")
    assert len(read_evaluation(tmp_path / "evaluation.json").documents) == 2


def test_an_adapter_without_effect_changes_nothing(bench: Bench, tmp_path: Path) -> None:
    base = AutoModelForImageTextToText.from_pretrained(bench.settings.model)
    config = LoraConfig(r=2, target_modules=r".*text_model.*\.q_proj")  # starts as zero
    get_peft_model(base, config).save_pretrained(tmp_path / "idle")
    idle = replace(bench, adapter=tmp_path / "idle")
    result = run(idle, tmp_path / "out")
    assert result.comparison.fixed == result.comparison.broken == ()
    assert result.verdict.reason == "The adapter changed none of the held-out values."
    # The same adapter on both sides: what changed over the base is no change over itself.
    against = run(bench, tmp_path / "against", against=str(bench.adapter))
    assert against.comparison.fixed == against.comparison.broken == ()


def test_nothing_held_out_is_refused(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no held-out document"):
        run(replace(bench, documents=()), tmp_path)


def test_an_adapter_for_other_tiles_is_refused(bench: Bench, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for file in bench.adapter.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    probe = run(bench, tmp_path / "probe").before.revision
    write_card(other, AdapterCard("other", bench.settings.model, probe, tiling="accurate"))
    with pytest.raises(ModelError, match="'accurate' tiles"):
        run(replace(bench, adapter=other), tmp_path / "out")


def test_a_comparison_can_be_stopped(bench: Bench, tmp_path: Path) -> None:
    cancel = threading.Event()
    with pytest.raises(Cancelled):
        run(bench, tmp_path, tell=lambda _what, _done, _total: cancel.set(), cancel=cancel)
    assert not (tmp_path / BEFORE_AFTER_FILE).exists()


def test_what_is_no_comparison_is_told(tmp_path: Path) -> None:
    (tmp_path / BEFORE_AFTER_FILE).write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="not a kept comparison"):
        read_before_after(tmp_path)


def test_values_are_counted_by_whether_the_document_has_them() -> None:
    before = document(0, judged("a", "x", "y"), judged("b", "x", "x"), judged("c", None, None))
    after = document(0, judged("a", "x", "x"), judged("b", "x", None), judged("c", None, "z"))
    change = document_change(before, after)
    assert (change.present, change.absent) == (Tally(2, 1, 1, 1), Tally(1, 0, 0, 1))
    assert change.fields == (FieldChange("a", 1, 1), FieldChange("b", 1, -1), FieldChange("c", 1, -1))


def test_questions_count_as_one_field() -> None:
    before, after = (
        document(
            0,
            judged("Who?", "x", raw, kind=ValueKind.ANSWER),
            judged("When?", "y", raw, kind=ValueKind.ANSWER),
        )
        for raw in ("x", None)
    )
    fields = document_change(before, after).fields
    assert fields == (FieldChange("answers", 1, -1), FieldChange("answers", 1, 0))


def test_cells_of_line_items_count_by_their_errors() -> None:
    def rows(right: int, predicted: int) -> RowsResult:
        return RowsResult("items", 0, predicted, 3, (CellCounts("amount", right, predicted, 3),))

    assert (document(0, rows=[rows(1, 2)]).right, document(0, rows=[rows(1, 2)]).asked) == (1, 3)
    # One right and two missing, then two right of four: one wrong and one too many.
    change = document_change(document(0, rows=[rows(1, 1)]), document(0, rows=[rows(2, 4)]))
    assert change == DocumentChange(Tally(3, 2, 0, 0), Tally(), (FieldChange("items.amount", 3, 0),))
    assert document_change(document(0, rows=[rows(1, 1)]), document(0, rows=[rows(3, 3)])).gain == 2
    assert document_change(document(0, rows=[rows(3, 3)]), document(0, rows=[rows(3, 5)])).gain == -2


def test_an_adapter_has_no_credit_for_a_base_that_failed() -> None:
    failed = document(0, judged("a", "x", None), failure="no memory")
    change = document_change(failed, document(0, judged("a", "x", "x")))
    assert change.gain == change.fields[0].gain == 0
    assert document_change(document(0, judged("a", "x", "x")), failed).gain == -1


def test_labels_of_other_documents_promote_nothing() -> None:
    """Labels shuffled between documents, in training and in what is held out.

    Eight shops, twenty days, totals of their own, and a tip that three of four receipts lack. The base reads
    half of what stands on a receipt. What the adapter learns from wrong labels is how often there is a tip;
    for the rest it knows the true fields no better than the base does.
    """
    rng = Random(5)
    cases = [(skill, abstains) for skill in (0.1, 0.5) for abstains in (0.5, 0.8, 1.0)]
    promoted = {case: sum(_shuffled_round(rng, *case) for _ in range(100)) for case in cases}
    assert sum(promoted.values()) <= 6  # of 600


def _shuffled_round(rng: Random, skill: float, abstains: float) -> bool:
    count = rng.choice([6, 20, 60])
    truth = [
        {
            "company": f"shop {rng.randrange(8)}",
            "date": f"day {rng.randrange(20)}",
            "total": f"{rng.randrange(100000)}",
            "tip": f"{rng.randrange(900)}" if rng.random() < 0.25 else None,
        }
        for _ in range(count)
    ]
    labels = rng.sample(truth, count)
    changes = []
    for number, (own, label) in enumerate(zip(truth, labels, strict=True)):
        base = {name: value if rng.random() < 0.5 else f"{name}?" for name, value in own.items()}
        adapter = {name: value if rng.random() < skill else f"{name}!" for name, value in own.items()}
        adapter["tip"] = None if rng.random() < abstains else adapter["tip"]
        said_before = [judged(name, label[name], base[name]) for name in own]
        said_after = [judged(name, label[name], adapter[name]) for name in own]
        changes.append(document_change(document(number, *said_before), document(number, *said_after)))
    return judge(changes).wins
