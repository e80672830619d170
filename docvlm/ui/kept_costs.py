"""What a page was measured to take each model on this machine, kept in the data folder."""

from __future__ import annotations

import json
import logging
import math
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from docvlm.atomic import write_atomically
from docvlm.config import Settings
from docvlm.errors import UsageError
from docvlm.pipeline import PageCost

_LOG = logging.getLogger(__name__)
_FILE = "page-costs.json"
_FORMAT = 1
_MOST = 50
"""Each adapter is a revision of its own, so the oldest measurements give way."""


@dataclass(frozen=True, slots=True)
class KeptCost:
    """One measurement.

    Attributes:
        name: the model's, as the user named it: maybe a path or an address, so not for everybody.
        revision: that of its weights, the adapter's included.
        extraction_seconds: those of a new receipt without its picture, see ``PageCost``.
        question_seconds: those of a further question about it.
        measured: when, in ISO 8601.
    """

    name: str
    revision: str
    extraction_seconds: float
    question_seconds: float
    measured: str

    def __post_init__(self) -> None:
        """Refuse what no measurement can be, as a damaged file may hold it."""
        texts, seconds = (self.name, self.revision), (self.extraction_seconds, self.question_seconds)
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("a name is no text")
        if not all(type(value) in (int, float) and math.isfinite(value) and value >= 0 for value in seconds):
            raise ValueError("seconds are no number")
        self.moment.astimezone()  # not every date has a local time
        if self.moment.tzinfo is None:
            raise ValueError("the time has no zone")

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.measured)


class KeptCosts:
    """The file of measurements; one that is damaged or of an older format counts as none and is replaced."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()

    def latest(self) -> list[KeptCost]:
        """The last measurement of each model, the newest first."""
        by_name = {kept.name: kept for kept in self._read()}
        return sorted(by_name.values(), key=lambda kept: kept.moment, reverse=True)

    def keep(self, cost: PageCost) -> None:
        """Keep a measurement in place of an earlier one of the same weights.

        Where it cannot be written it is shown until the app ends all the same.
        """
        card = cost.card
        new = KeptCost(
            card.name,
            card.revision,
            round(cost.extraction_seconds, 3),
            round(cost.question_seconds, 3),
            datetime.now(UTC).isoformat(timespec="seconds"),
        )
        with self._lock:
            others = [kept for kept in self._read() if (kept.name, kept.revision) != (new.name, new.revision)]
            content = {"format": _FORMAT, "costs": [asdict(kept) for kept in [*others, new][-_MOST:]]}
            try:
                file = self._settings.prepare_home() / _FILE
                write_atomically(file, json.dumps(content, ensure_ascii=False, indent=1).encode())
            except UsageError as error:
                _LOG.warning("what a page costs could not be kept: %s", error)

    def _read(self) -> list[KeptCost]:
        """All measurements, the last taken last."""
        try:
            content: Any = json.loads((self._settings.home / _FILE).read_text(encoding="utf-8"))
            if content["format"] != _FORMAT:
                return []
            return [KeptCost(**kept) for kept in content["costs"]]
        except (OSError, ValueError, TypeError, KeyError, ArithmeticError, RecursionError):
            return []
