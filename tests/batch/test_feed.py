"""When the results of a batch that goes on looking are written again, and what a retry begins anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest

from docvlm.batch.feed import Feed, Selection
from docvlm.batch.find import Found, find_files
from docvlm.batch.ledger import FileState, Ledger
from docvlm.batch.units import Job, Task, Unit
from docvlm.batch.watch import watch_files
from docvlm.config import Limits
from docvlm.store import Store, UnitRecord, UnitState
from tests.batch.files import write_pdf


def finish(ledger: Ledger, contents: list[tuple[Unit, ...]]) -> None:
    for (unit,) in contents:
        ledger.added([unit])
        ledger.finished(unit, UnitRecord(unit.key, UnitState.DONE, pages_done=1), here=True)


def test_results_are_written_again_for_a_file_that_changed(tmp_path: Path) -> None:
    file = write_pdf(tmp_path / "a.pdf", ["Alpha"])

    def found() -> Iterator[Found | None]:
        yield from find_files([str(file)])
        while True:
            yield None
            if changed:
                changed.clear()
                yield from find_files([str(file)])

    changed: list[bool] = []
    written: list[list[tuple[str, FileState]]] = []
    ledger = Ledger()
    with Store.open(f"sqlite:///{tmp_path / 'docvlm.sqlite'}") as store:
        feed = Feed(
            found(),
            (Job(Task.READ),),
            ledger,
            store.work_queue(),
            Limits(),
            Selection(),
            when_idle=lambda: written.append([(each.name, each.state) for each in ledger.outcomes()]),
        )
        contents = feed.contents()
        finish(ledger, next(contents))
        assert next(contents) == next(contents) == []
        assert written == [[("a.pdf", FileState.DONE)]]

        write_pdf(file, ["Another text"])
        changed.append(True)
        again = next(contents) or next(contents)
        assert len(again) == 1
        finish(ledger, again)
        assert next(contents) == next(contents) == []
        assert written == [[("a.pdf", FileState.DONE)]] * 2


@pytest.mark.parametrize(("retry_failed", "attempts"), [(False, 1), (True, 0)])
def test_a_retry_begins_anew_with_what_was_interrupted(
    tmp_path: Path, retry_failed: bool, attempts: int
) -> None:
    """A page may have failed in it, which another attempt would not try again."""
    file = write_pdf(tmp_path / "a.pdf", ["Alpha"])
    with Store.open(f"sqlite:///{tmp_path / 'docvlm.sqlite'}") as store:
        queue = store.work_queue()
        feed = Feed(
            find_files([str(file)]),
            (Job(Task.READ),),
            Ledger(),
            queue,
            Limits(),
            Selection(retry_failed=retry_failed),
            when_idle=lambda: None,
        )
        unit = Unit(Job(Task.READ), hashlib.sha256(file.read_bytes()).hexdigest(), str(file))
        queue.add([unit.key])
        queue.claim([unit.key], 1)
        queue.give_back([unit.key])
        ((found,),) = next(feed.contents())
        assert found.key == unit.key
        assert queue.records([unit.key]) == {unit.key: UnitRecord(unit.key, UnitState.WAITING, attempts)}


@pytest.mark.parametrize(("ending", "failures"), [("docx", 0), ("pdf", 12)])
def test_each_file_that_is_no_document_is_listed_by_one_of_the_shards(
    tmp_path: Path, ending: str, failures: int
) -> None:
    """The results of a job array are those of its jobs, one after the other."""
    names = [f"{number}.{ending}" for number in range(12)]
    for name in names:
        (tmp_path / name).write_bytes(b"")
    listed: list[str] = []
    failed = 0
    for number in (1, 2):
        ledger = Ledger()
        with Store.open(f"sqlite:///{tmp_path / 'docvlm.sqlite'}") as store:
            feed = Feed(
                find_files([str(tmp_path)]),
                (Job(Task.READ),),
                ledger,
                store.work_queue(),
                Limits(),
                Selection(shard=(number, 2)),
                when_idle=lambda: None,
            )
            assert not any(feed.contents())
        listed += [outcome.name for outcome in ledger.outcomes()]
        failed += sum(outcome.exit_code != 0 for outcome in ledger.outcomes())
    assert sorted(listed) == sorted(names)
    assert failed == failures


def test_a_pattern_that_no_longer_matches_does_not_end_the_watch(tmp_path: Path) -> None:
    file = write_pdf(tmp_path / "a.pdf", ["Alpha"])
    looks = watch_files([str(tmp_path / "*.pdf")], look_seconds=0)

    def until_found() -> Found:
        return next(found for found in looks if found is not None)

    assert until_found().name == "a.pdf"
    file.rename(tmp_path / "a.away")
    other = tmp_path / "b.pdf"
    write_pdf(tmp_path / "b.away", ["Beta"]).rename(tmp_path / "b.later")
    # Looks without a match happen here: the generator looks again until something is there.
    timer = Timer(0.3, lambda: (tmp_path / "b.later").rename(other))
    timer.start()
    assert until_found().name == "b.pdf"
    timer.join()
