"""Worker processes that are kept from one document to the next.

A process takes a third of a second to start, longer than most pages take to read. One that crashed, hung
or refused a file is never used again, and every one is replaced before its memory could have grown.
"""

from __future__ import annotations

import threading

from docvlm.ingest.worker_process import WorkerProcess

_MOST_REPLIES = 1000


class WorkerPool:
    """Hands out workers that have no document open. Safe to share between threads.

    Args:
        keep: how many idle workers are kept; with 0 every document has a process of its own.
    """

    def __init__(self, keep: int = 0) -> None:
        self._keep = keep
        self._idle: list[WorkerProcess] = []
        self._lock = threading.Lock()

    def take(self, page_pixels: int) -> WorkerProcess:
        """A worker for one document whose pages have at most so many pixels."""
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.is_alive:
                    worker.page_pixels = page_pixels
                    return worker
                worker.kill()
        return WorkerProcess(page_pixels)

    def give_back(self, worker: WorkerProcess) -> None:
        """Keep a worker that has answered all it was asked, or end it where there are enough."""
        with self._lock:
            if len(self._idle) < self._keep and worker.replies < _MOST_REPLIES and worker.is_alive:
                self._idle.append(worker)
                return
        worker.kill()

    def close(self) -> None:
        """End the idle workers; those given back later are ended then."""
        with self._lock:
            self._keep = 0
            while self._idle:
                self._idle.pop().kill()
