"""When the results of a batch that goes on looking are written again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Timer

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
