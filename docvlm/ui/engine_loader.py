"""The model is loaded in the background, so that the page paints at once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from docvlm.errors import DocvlmError
from docvlm.models.protocol import Engine, EngineCard

_LOG = logging.getLogger(__name__)


class EngineLoader:
    """Loads a model once, in a thread of its own, and says in one sentence how far it is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._settled = threading.Event()
        self._thread: threading.Thread | None = None
        self._card: EngineCard | None = None
        self._failure: DocvlmError | None = None
        self._line = "The model is loaded in the background."

    def report(self, line: str) -> None:
        """Take in what is going on; given to the workspace as its ``report``."""
        self._line = line

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

    def _load(self, load: Callable[[], Engine]) -> None:
        try:
            self._card = load().card
        except DocvlmError as error:
            self._failure = error
        except Exception as error:  # noqa: BLE001 - shown on the page as a sentence
            _LOG.exception("the model could not be loaded")
            self._failure = DocvlmError(
                f"The model could not be loaded ({type(error).__name__}).",
                "See the terminal for details, and start the app again.",
            )
        finally:
            self._settled.set()
