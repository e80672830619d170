"""Units go through their stages once, whoever does them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pymupdf
import pytest

from docvlm.batch import Event, Job, Outcome, Task, Unit, UnitProgress, UnitResult, do_unit
from docvlm.batch.schedule import MOST_BREAKDOWNS, Schedule
from docvlm.config import Settings
from docvlm.models.protocol import EngineCard
from docvlm.pipeline import Workspace
from docvlm.schemas import load_schema
from docvlm.store import UnitState
from tests.batch.files import write_pdf
from tests.batch.inline import InlineExecutor, Notes
from tests.engines import WrittenEngine

READ = Job(Task.READ)
CARD = EngineCard("written", "1", sees_pixels=False)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    home = tmp_path / "home"
    with Workspace(Settings(home, f"sqlite:///{home / 'docvlm.sqlite'}")) as opened:
        opened._engine = WrittenEngine(lambda _text, _prompt: "total: 12.50\n")
        yield opened


@pytest.fixture
def bill(tmp_path: Path) -> Path:
    return write_pdf(tmp_path / "bill.pdf", ["Total 12.50"])


def unit(path: Path, job: Job = READ) -> Unit:
    return Unit(job, hashlib.sha256(path.read_bytes()).hexdigest(), str(path))


def run(
    workspace: Workspace, chains: list[tuple[Unit, ...]], **options: object
) -> tuple[InlineExecutor, Notes]:
    notes = Notes()
    executor = InlineExecutor(workspace, **options)  # type: ignore[arg-type]
    Schedule(workspace.store.work_queue(), executor, notes).run(iter([chains]))
    return executor, notes


def test_a_file_is_read_once(workspace: Workspace, bill: Path) -> None:
    executor, notes = run(workspace, [(unit(bill),)])
    assert notes.records["read bill.pdf"].pages_done == 1
    assert len(executor.done) == 1

    executor, notes = run(workspace, [(unit(bill),)])
    assert executor.done == []
    assert notes.elsewhere == [str(bill)]


def test_the_model_comes_after_reading_and_its_result_is_kept(workspace: Workspace, bill: Path) -> None:
    schema = load_schema("total:amount")
    chain = (unit(bill), unit(bill, Job(Task.EXTRACT, schema=schema, engine=CARD)))
    executor, notes = run(workspace, [chain])
    assert [done.job.task for done in executor.done] == [Task.READ, Task.EXTRACT]
    (kept,) = workspace.store.extractions()
    assert notes.records["extract bill.pdf"].result_id == kept.id
    assert kept.extraction.fields[0].value == "12.50"


def test_an_answer_is_kept(workspace: Workspace, bill: Path) -> None:
    chain = (unit(bill), unit(bill, Job(Task.ASK, question="How much?", engine=CARD)))
    _, notes = run(workspace, [chain])
    (kept,) = workspace.store.answers()
    assert notes.records["ask bill.pdf"].result_id == kept.id


def test_another_revision_of_the_model_or_of_its_adapter_answers_anew(
    workspace: Workspace, bill: Path
) -> None:
    """And the same one does not; reading, which needs no model, is not done again for any."""
    cards = [CARD, replace(CARD, revision="2"), replace(CARD, revision="2-receipts", adapter="receipts")]
    for number, card in enumerate(cards, start=1):
        workspace._engine = RevisedEngine(card)
        chain = (unit(bill), unit(bill, Job(Task.ASK, question="How much?", engine=card)))
        executor, notes = run(workspace, [chain])
        asked = [done.job.engine for done in executor.done if done.job.task is Task.ASK]
        assert asked == [card]
        assert len(executor.done) == (2 if number == 1 else 1)
        kept = workspace.store.answers()
        assert {(each.run.info.model_revision, each.run.info.adapter) for each in kept} == {
            (each.revision, each.adapter) for each in cards[:number]
        }
        assert notes.records["ask bill.pdf"].result_id == max(each.id for each in kept)

        executor, _ = run(workspace, [chain])
        assert executor.done == []
    assert len({Job(Task.ASK, question="How much?", engine=card).identity for card in cards}) == 3


class RevisedEngine(WrittenEngine):
    """The same engine with another card."""

    def __init__(self, card: EngineCard) -> None:
        super().__init__(lambda _text, _prompt: "12.50\n")
        self._card = card

    @property
    def card(self) -> EngineCard:
        return self._card


def test_what_cannot_be_read_is_not_asked(workspace: Workspace, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 and no more")
    chain = (unit(broken), unit(broken, Job(Task.ASK, question="How much?", engine=CARD)))
    executor, notes = run(workspace, [chain])
    assert len(executor.done) == 1
    assert notes.records["ask broken.pdf"].state is UnitState.FAILED
    assert "broken.pdf" in (notes.records["ask broken.pdf"].reason or "")
    assert notes.records["ask broken.pdf"].exit_code == 3


def test_a_changed_file_is_told_and_not_kept_as_failed(workspace: Workspace, bill: Path) -> None:
    before = unit(bill)
    bill.write_bytes(bill.read_bytes() + b"\n% one line more\n")
    _, notes = run(workspace, [(before,)])
    assert notes.gone == [str(bill)]
    assert workspace.store.work_queue().records([before.key])[before.key].state is UnitState.WAITING


def test_a_large_file_that_changes_while_it_is_read_is_told_too(workspace: Workspace, tmp_path: Path) -> None:
    """Above 32 MiB it is read where it lies, not from a snapshot."""
    file = tmp_path / "large.pdf"
    with pymupdf.open() as document:
        for number in range(3):
            document.new_page().insert_text((72, 72), f"Page {number}")
        document.embfile_add("noise", random.Random(0).randbytes(33 * 2**20))
        document.save(file)
    assert file.stat().st_size > 33 * 2**20

    def change(progress: UnitProgress) -> None:
        if progress.done == 1:
            with file.open("ab") as opened:
                opened.write(b"% one line more")

    before = unit(file)
    assert do_unit(workspace, before, change).outcome is Outcome.CHANGED
    after = do_unit(workspace, unit(file))
    assert (after.outcome, after.pages_done) == (Outcome.DONE, 3)


def test_a_unit_whose_worker_breaks_down_is_tried_again_and_then_given_up(
    workspace: Workspace, bill: Path
) -> None:
    def lost(_workspace: Workspace, lost: Unit) -> UnitResult:
        return UnitResult(lost.key, Outcome.LOST, "The worker crashed.")

    executor, notes = run(workspace, [(unit(bill),)], work=lost)
    assert [done.attempt for done in executor.done] == list(range(1, MOST_BREAKDOWNS + 1))
    assert notes.records["read bill.pdf"].reason == "The worker crashed."


@pytest.mark.parametrize(("pages_over", "attempts"), [(None, [1, 1]), (0, [1, 1]), (1, [1, 2])])
def test_a_unit_that_only_waited_for_its_worker_has_not_been_tried(
    workspace: Workspace, bill: Path, pages_over: int | None, attempts: list[int]
) -> None:
    """What its pages failed from is another run's, and tried again where that is wanted."""

    class LosesItsWorker(InlineExecutor):
        def events(self, seconds: float) -> Sequence[Event]:
            if self.done:
                return super().events(seconds)
            lost = self._units.pop()
            self.done.append(lost)
            progress = [] if pages_over is None else [UnitProgress(lost.key, pages_over, 2)]
            return [*progress, UnitResult(lost.key, Outcome.STOPPED)]

    executor = LosesItsWorker(workspace)
    Schedule(workspace.store.work_queue(), executor, Notes()).run(iter([[(unit(bill),)]]))
    assert [done.attempt for done in executor.done] == attempts


def test_two_schedules_share_one_queue(workspace: Workspace, tmp_path: Path) -> None:
    files = [write_pdf(tmp_path / f"{name}.pdf", [name]) for name in "abcd"]
    queue = workspace.store.work_queue()
    other = workspace.store.work_queue("elsewhere|1|1.0")
    other.add([unit(files[0]).key])
    (taken,) = other.claim([unit(files[0]).key], 1)

    notes = Notes()

    class Watching(InlineExecutor):
        def events(self, seconds: float) -> Sequence[object]:  # type: ignore[override]
            if len(self.done) == 3:  # the other one finishes while this one has nothing left to do
                other.finish(type(taken)(taken.key, UnitState.DONE, pages_done=1))
            return super().events(seconds)

    executor = Watching(workspace)
    Schedule(queue, executor, notes).run(iter([[(unit(file),) for file in files]]))
    assert sorted(done.path for done in executor.done) == sorted(str(file) for file in files[1:])
    assert len(notes.records) == 4
    assert notes.elsewhere == [str(files[0])]


def test_a_limit_begins_no_more_than_so_many(workspace: Workspace, tmp_path: Path) -> None:
    chains = [(unit(write_pdf(tmp_path / f"{name}.pdf", [name])),) for name in "abcd"]
    executor = InlineExecutor(workspace)
    Schedule(workspace.store.work_queue(), executor, Notes(), limit=3).run(iter([chains]))
    assert len(executor.done) == 3
    executor = InlineExecutor(workspace)
    Schedule(workspace.store.work_queue(), executor, Notes(), limit=3).run(iter([chains]))
    assert len(executor.done) == 1


def test_a_limit_counts_what_was_only_read_before(workspace: Workspace, tmp_path: Path) -> None:
    files = [write_pdf(tmp_path / f"{number}.pdf", [f"Total {number}"]) for number in range(4)]
    run(workspace, [(unit(file),) for file in files])
    asked = Job(Task.ASK, question="How much?", engine=CARD)
    chains = [(unit(file), unit(file, asked)) for file in files]
    for _ in range(2):
        executor = InlineExecutor(workspace)
        Schedule(workspace.store.work_queue(), executor, Notes(), limit=1).run(iter([chains]))
        assert [done.job.task for done in executor.done] == [Task.ASK]
    assert len(workspace.store.answers()) == 2


def test_a_limit_does_not_drop_what_was_begun(workspace: Workspace, bill: Path) -> None:
    """Its worker breaks down once, after which it waits again."""

    def work(workspace: Workspace, unit: Unit) -> UnitResult:
        return UnitResult(unit.key, Outcome.LOST) if unit.attempt == 1 else do_unit(workspace, unit)

    notes = Notes()
    executor = InlineExecutor(workspace, work)
    Schedule(workspace.store.work_queue(), executor, notes, limit=1).run(iter([[(unit(bill),)]]))
    assert notes.records["read bill.pdf"].pages_done == 1
