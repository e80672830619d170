"""Work of one step shared out to the cores of a machine, a core each."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

import torch


def core_workers(count: int) -> Executor:
    """Workers that compute a part each (a document, some tiles), on one core each."""
    return ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,))


@contextmanager
def one_thread() -> Iterator[None]:
    """Let the main thread compute on one core, as each worker does.

    Two cores on one small matrix mostly wait for each other: on two busy cores a product of (512, 576) and
    (576, 1536) took twice the processor time on two threads (37 against 80 GFLOP/s a core).
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
