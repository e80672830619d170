import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from docvlm.models.cost import known_cost, measure_cost
from docvlm.models.protocol import GenerationRequest, PageInput
from docvlm.types import TokenStep
from tests.engines import WrittenEngine

SECONDS_A_WORD = 0.0005


class SlowEngine(WrittenEngine):
    """Takes a fixed time for each word of the page."""

    def __init__(self) -> None:
        super().__init__(lambda _page, _prompt: "x")
        self.calls = 0

    def generate(
        self, page: PageInput, request: GenerationRequest, cancel: object = None
    ) -> Iterator[TokenStep]:
        self.calls += 1
        time.sleep(SECONDS_A_WORD * len(page.reader_text.split()))
        yield TokenStep("x", 1.0, forced=False)


def test_the_cost_of_a_token_is_measured() -> None:
    probe = measure_cost(SlowEngine())
    assert probe.seconds_per_token == pytest.approx(SECONDS_A_WORD, rel=0.6)
    assert probe.seconds_per_tile == 0


def test_it_is_measured_once(tmp_path: Path) -> None:
    engine = SlowEngine()
    first = known_cost(tmp_path, engine)
    calls = engine.calls
    assert known_cost(tmp_path, engine) == first
    assert engine.calls == calls


def test_a_damaged_file_is_measured_again(tmp_path: Path) -> None:
    engine = SlowEngine()
    known_cost(tmp_path, engine)
    (file,) = tmp_path.iterdir()
    file.write_text("rubbish")
    assert known_cost(tmp_path, engine).probe.seconds_per_token > 0
