from __future__ import annotations

from docvlm.batch.ledger import Ledger
from docvlm.batch.units import Job, Task, Unit, UnitProgress


def test_pages_that_are_gone_over_again_after_a_breakdown_count_once() -> None:
    ledger = Ledger()
    unit = Unit(Job(Task.READ), "ab" * 32, "/a.pdf")
    ledger.added([unit])
    for done in (0, 1, 2, 0, 1, 2, 3, 4):
        ledger.progressed(unit, UnitProgress(unit.key, done, 4))
    assert ledger.totals().pages == 4
