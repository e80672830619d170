from __future__ import annotations

from docvlm.batch.ledger import Ledger
from docvlm.batch.units import Job, Task, Unit, UnitProgress


def test_pages_that_are_gone_over_again_after_a_breakdown_count_once() -> None:
    ledger = Ledger()
    unit = Unit(Job(Task.READ), "ab" * 32, "/a.pdf")
    ledger.added([unit])
    # Two pages are read, the worker is lost at the third, the next one finds all three in the store.
    for done, read_now in ((0, 0), (1, 1), (2, 2), (0, 0), (1, 0), (2, 0), (3, 0), (4, 1)):
        ledger.progressed(unit, UnitProgress(unit.key, done, 4, read_now=read_now))
    assert ledger.totals().pages == 3


def test_pages_that_an_earlier_run_read_do_not_count() -> None:
    ledger = Ledger()
    unit = Unit(Job(Task.READ), "ab" * 32, "/a.pdf")
    ledger.added([unit])
    for done in range(101):
        ledger.progressed(unit, UnitProgress(unit.key, done, 101, read_now=max(0, done - 99)))
    assert ledger.totals().pages == 1
