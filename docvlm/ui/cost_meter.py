"""What a page takes the model on this machine, measured in the background the first time it is asked for.

The loaded model is measured anew at each start; what was measured before is known of the others.
"""

from __future__ import annotations

import logging
import threading

from docvlm.errors import DocvlmError
from docvlm.models.protocol import EngineCard
from docvlm.pipeline import PageCost, Workspace
from docvlm.ui.kept_costs import KeptCost, KeptCosts

_LOG = logging.getLogger(__name__)


class CostMeter:
    """Measures each model once; see ``Workspace.page_cost``."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._kept = KeptCosts(workspace.settings)
        self._lock = threading.Lock()
        self._known: dict[str, PageCost] = {}
        self._thread: threading.Thread | None = None
        self._failures: dict[str, str] = {}

    def cost(self, card: EngineCard | None) -> PageCost | None:
        """What a page takes the model with this card; None until that is known, and measuring has begun."""
        if card is None:
            return None
        key = _key(card)
        with self._lock:
            is_measuring = self._thread is not None and self._thread.is_alive()
            if key not in self._known and key not in self._failures and not is_measuring:
                self._thread = threading.Thread(target=self._measure, args=(key,), daemon=True)
                self._thread.start()
            return self._known.get(key)

    def failure(self, card: EngineCard | None) -> str:
        """Why it could not be measured, in a sentence; empty where it was, or was not tried."""
        return "" if card is None else self._failures.get(_key(card), "")

    def kept(self) -> list[KeptCost]:
        """The last measurement of each model, earlier starts of the app included; the newest first."""
        return self._kept.latest()

    def _measure(self, asked: str) -> None:
        """Measure what is loaded now; where another model has taken the asked one's place, that one."""
        try:
            measured = self._workspace.page_cost()
            self._kept.keep(measured)  # first, so that whoever knows the cost finds it kept
            self._known[_key(measured.card)] = measured
        except DocvlmError as error:
            self._fail(asked, str(error))
        except Exception as error:  # noqa: BLE001 - shown on the page as a sentence
            _LOG.error("the cost of the model could not be measured", exc_info=error)
            self._fail(asked, f"It could not be measured ({type(error).__name__}).")

    def _fail(self, asked: str, why: str) -> None:
        """Keep why; where the model has changed meanwhile it is not known which of the two failed."""
        if _key(self._workspace.engine.card) == asked:
            self._failures[asked] = why


def _key(card: EngineCard) -> str:
    return f"{card.name} {card.revision}"
