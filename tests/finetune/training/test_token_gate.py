"""Workers hold no more tokens together than there is room for."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from finetune.training.token_gate import TokenGate


def test_workers_wait_until_there_is_room() -> None:
    gate, lock = TokenGate(100), threading.Lock()
    held: list[int] = []
    most: list[int] = []

    def work(tokens: int) -> None:
        with gate.of(tokens):
            with lock:
                held.append(tokens)
                most.append(sum(held))
            time.sleep(0.01)
            with lock:
                held.remove(tokens)

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(work, [60, 60, 40, 30, 30, 50, 90, 10]))
    assert max(most) <= 100 and len(most) == 8


def test_what_is_larger_than_the_room_goes_in_alone() -> None:
    gate, entered = TokenGate(100), threading.Event()

    def enter() -> None:
        with gate.of(250):
            entered.set()

    with ThreadPoolExecutor(1) as workers:
        with gate.of(30):
            workers.submit(enter)
            assert not entered.wait(0.05)
        assert entered.wait(2)
