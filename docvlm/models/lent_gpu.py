"""ZeroGPU: a Hugging Face Space is lent a GPU for one call at a time.

The package ``spaces`` belongs to such a Space. It has to be imported before torch, and runs a decorated
function in a process that it forks from this one and that holds the GPU for as long as the function runs.
What goes in and comes out is pickled; the engine is not, the forked process has it already, in ordinary
memory, and moves it to the GPU the first time. The process may be used again while nobody else wants the GPU.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, runtime_checkable

from docvlm.errors import Cancelled, DocvlmError
from docvlm.models.around import EngineAround
from docvlm.models.protocol import Engine, GenerationRequest, PageInput
from docvlm.types import TokenStep

ZERO_GPU = "SPACES_ZERO_GPU"
"""Set to a true value in a Space with ZeroGPU."""

START_SECONDS, TOKENS_A_SECOND = 15, 15
"""How long a GPU is asked for: a start with the page, and a slow pace for the reply."""

MOST_SECONDS = 60
"""Every visitor may ask for that long."""


@runtime_checkable
class LoadedEngine(Engine, Protocol):
    """An engine whose weights lie in this process."""

    def move(self) -> None:
        """Bring the weights to the device that ``pick_device`` names now."""


Load = Callable[[], Engine]


@dataclass(frozen=True, slots=True)
class EngineKey:
    """Tells one loaded engine from another in every process: what it is called, and a hash of its weights."""

    name: str
    revision: str


_engines: dict[EngineKey, Engine] = {}
"""The engine in use; a forked process starts with what was here when it was forked."""

_has_gpu = threading.Event()
"""Set in processes that are lent a GPU."""


def is_lent(environment: Mapping[str, str]) -> bool:
    """Whether this is a Space with ZeroGPU."""
    return environment.get(ZERO_GPU, "").lower() in ("1", "t", "true")


def waits_for_gpu() -> bool:
    """Whether this process has no GPU although torch says so, because one is lent to others that it forks."""
    return is_lent(os.environ) and not _has_gpu.is_set()


def prepare() -> None:
    """Import ``spaces``, which has to come before torch, and register what needs a GPU.

    Gradio is imported by it; whoever sets up Gradio's folders does so before.
    """
    _on_gpu()


class LentGpuEngine(EngineAround):
    """An engine that is given a GPU for each reply.

    Args:
        engine: loaded in this process, its weights in ordinary memory.
        load: loads it again, for a process that was forked before it was there; can be pickled.
    """

    def __init__(self, engine: LoadedEngine, load: Load) -> None:
        super().__init__(engine)
        self._load = load
        self._key = EngineKey(engine.card.name, engine.card.revision)
        _engines[self._key] = engine

    def generate(
        self, page: PageInput, request: GenerationRequest, cancel: threading.Event | None = None
    ) -> Iterator[TokenStep]:
        if cancel is not None and cancel.is_set():
            raise Cancelled
        steps = _on_gpu()(self._key, self._load, page, request)
        with contextlib.closing(steps):  # which ends the generator in the other process, too
            for step in steps:
                if cancel is not None and cancel.is_set():
                    raise Cancelled
                if isinstance(step, DocvlmError):
                    raise step
                yield step

    def close(self) -> None:
        """Free the weights."""
        if _engines.get(self._key) is self._engine:  # not where it was loaded anew meanwhile
            del _engines[self._key]
        super().close()


Steps = Generator[TokenStep | DocvlmError, None, None]


def _reply(key: EngineKey, load: Load, page: PageInput, request: GenerationRequest) -> Steps:
    """The reply, where a GPU is; an error of ours is the last step, since raised ones lose their words."""
    gpu_is_here()
    try:
        yield from _engine_here(key, load).generate(page, request)
    except DocvlmError as error:
        yield error


def _engine_here(key: EngineKey, load: Load) -> Engine:
    """The engine with its weights on the GPU of this process."""
    if key not in _engines:
        _engines.clear()
        _engines[key] = load()
    engine = _engines[key]
    if isinstance(engine, LoadedEngine):
        engine.move()
    return engine


def _seconds(_key: EngineKey, _load: Load, _page: PageInput, request: GenerationRequest) -> int:
    """For how long a GPU is asked for; what is not used is given back."""
    return min(START_SECONDS + request.max_tokens // TOKENS_A_SECOND, MOST_SECONDS)


@cache
def _on_gpu() -> Callable[[EngineKey, Load, PageInput, GenerationRequest], Steps]:
    return on_gpu(_reply, _seconds)


def on_gpu(task: Callable[..., Any], seconds: Callable[..., int]) -> Callable[..., Any]:
    """The task, of a module, as one that is lent a GPU for so many seconds, told from its arguments."""
    decorated: Callable[..., Any] = importlib.import_module("spaces").GPU(task, duration=seconds)
    return decorated


def gpu_is_here() -> None:
    """To be called first by whatever runs where a GPU was lent."""
    _has_gpu.set()
