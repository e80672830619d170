"""Where a person is in the tab Batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from docvlm.batch.ledger import FileOutcome, FileState


@dataclass(frozen=True, slots=True)
class BatchView:
    """``run`` is the id of the batch that is looked at, empty for the latest; ``page`` counts from 1.

    ``only_failed`` leaves out the files that are done and those that are still to come.
    """

    run: str = ""
    page: int = 1
    only_failed: bool = False

    def passing(self, outcomes: Sequence[FileOutcome]) -> list[FileOutcome]:
        """The outcomes that are looked at."""
        failed = (FileState.FAILED, FileState.PARTIAL)
        return [each for each in outcomes if not self.only_failed or each.state in failed]
