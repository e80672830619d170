"""The model is loaded in the background, so that the page paints at once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from docvlm.errors import DocvlmError, UsageError
from docvlm.models.protocol import Engine, EngineCard
from docvlm.ui.discretion import discreet, without_folders

_LOG = logging.getLogger(__name__)


class EngineLoader:
    """Loads a model once, in a thread of its own, and says in one sentence how far it is.

    Later it changes to another in the same way, while the one that is there goes on answering.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._settled = threading.Event()
        self._thread: threading.Thread | None = None
        self._card: EngineCard | None = None
        self._failure: DocvlmError | None = None
        self._line = "The model is loaded in the background."
        self._change: threading.Thread | None = None
        self._change_failure: DocvlmError | None = None

    def report(self, line: str) -> None:
        """Take in what is going on; given to the workspace as its ``report``."""
        self._line = without_folders(line)

    def start(self, load: Callable[[], Engine]) -> None:
        """Begin to load, or begin again after a failure; otherwise do nothing."""
        with self._lock:
            if self._card is not None or (self._thread is not None and self._thread.is_alive()):
                return
            self._failure = None
            self._settled.clear()
            self._thread = threading.Thread(
                target=self._load, args=(load,), name="engine-loader", daemon=True
            )
            self._thread.start()

    def change(self, switch: Callable[[], Engine]) -> None:
        """Begin to change to another model.

        Args:
            switch: loads it and returns it once it answers in place of the one before.

        Raises:
            UsageError: when another change is not over yet.
        """
        with self._lock:
            if self.is_changing:
                raise UsageError("Another model is being loaded.", "Wait until it is there.")
            self._change_failure = None
            self._line = "Another model is being loaded."
            self._change = threading.Thread(
                target=self._switch, args=(switch,), name="engine-change", daemon=True
            )
            self._change.start()

    def forget_change_failure(self) -> None:
        """Something else is begun, of which an old failure would be taken for the result."""
        self._change_failure = None

    @property
    def is_changing(self) -> bool:
        """Whether another model is being loaded."""
        return self._change is not None and self._change.is_alive()

    @property
    def change_failure(self) -> DocvlmError | None:
        """Why the last change did not come about, until it is forgotten; the model before is still there."""
        return self._change_failure

    @property
    def card(self) -> EngineCard | None:
        """What the model says of itself; None until it is loaded."""
        return self._card

    @property
    def failure(self) -> DocvlmError | None:
        return self._failure

    @property
    def line(self) -> str:
        """What is going on."""
        return self._line

    @property
    def is_settled(self) -> bool:
        """Whether loading has ended, well or not."""
        return self._settled.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for the end of loading; True when it has come."""
        return self._settled.wait(seconds)

    def wait_for_change(self, seconds: float) -> None:
        """Wait until the last change is over.

        Raises:
            DocvlmError: when it did not come about; the model before is still there.
            UsageError: when it takes longer than ``seconds``.
        """
        if self._change is not None:
            self._change.join(seconds)
        if self.is_changing:
            raise UsageError("The model is still being loaded.", "Look later whether it is there.")
        if self._change_failure is not None:
            raise self._change_failure

    def _load(self, load: Callable[[], Engine]) -> None:
        try:
            self._card = load().card
        except Exception as error:  # noqa: BLE001 - shown on the page as a sentence
            self._failure = _as_sentence(error)
        finally:
            self._settled.set()

    def _switch(self, switch: Callable[[], Engine]) -> None:
        try:
            card = switch().card
        except Exception as error:  # noqa: BLE001 - shown on the page as a sentence
            self._change_failure = _as_sentence(error)
            return
        self._card, self._failure = card, None
        self._settled.set()


def _as_sentence(error: Exception) -> DocvlmError:
    if isinstance(error, DocvlmError):
        return discreet(error)  # every visitor is shown it
    _LOG.error("the model could not be loaded", exc_info=error)
    return DocvlmError(
        f"The model could not be loaded ({type(error).__name__}).",
        "See the terminal for details, and start the app again.",
    )
