"""What a page takes: an extraction of a new page, and a further question, by an engine of known speed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest

from docvlm.models.cost import EngineCost
from docvlm.models.protocol import EngineCard, GenerationRequest, PageInput
from docvlm.pipeline.page_cost import measure_page
from docvlm.tiling import Budget, CostProbe
from docvlm.types import TokenStep
from tests.engines import WrittenEngine

NEW_PAGE_SECONDS = 0.2
REPLY_SECONDS = 0.05
PROBE = CostProbe(seconds_per_tile=2.0, seconds_per_token=0.01)


class KeepingEngine(WrittenEngine):
    """Takes its time, by a clock of its own, for every reply, and for a page when it sees it first."""

    def __init__(self) -> None:
        super().__init__(lambda _page, _prompt: "x")
        self.pages: list[str] = []
        self.now = 0.0

    def generate(
        self, page: PageInput, request: GenerationRequest, cancel: threading.Event | None = None
    ) -> Iterator[TokenStep]:
        self.now += REPLY_SECONDS + (0 if page.key in self.pages else NEW_PAGE_SECONDS)
        self.pages.append(page.key)
        yield from super().generate(page, request, cancel)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> KeepingEngine:
    made = KeepingEngine()
    clock = SimpleNamespace(perf_counter=lambda: made.now, time_ns=lambda: len(made.pages))
    monkeypatch.setattr("docvlm.pipeline.page_cost.time", clock)
    return made


def _cost(card: EngineCard) -> EngineCost:
    return EngineCost(card, PROBE)


def test_a_further_question_finds_the_page_known(engine: KeepingEngine) -> None:
    cost = measure_page(engine, _cost(engine.card))
    assert cost.extraction_seconds == pytest.approx(NEW_PAGE_SECONDS + REPLY_SECONDS)
    assert cost.question_seconds == pytest.approx(REPLY_SECONDS)
    assert cost.card == engine.card and cost.word_tokens > 100


def test_no_receipt_is_known_from_an_earlier_measurement(engine: KeepingEngine) -> None:
    first = measure_page(engine, _cost(engine.card))
    assert measure_page(engine, _cost(engine.card)).extraction_seconds == pytest.approx(
        first.extraction_seconds
    )


def test_a_picture_costs_only_a_model_that_sees_it(engine: KeepingEngine) -> None:
    blind = measure_page(engine, _cost(engine.card))
    plan = engine.plan_page(1654, 2339, Budget.parse("fast"))
    assert blind.extraction_with(plan) == blind.extraction_seconds
    seeing = replace(blind, engine=_cost(replace(engine.card, sees_pixels=True)))
    picture = len(plan.tiles) * 2.0 + plan.tokens * 0.01
    assert seeing.extraction_with(plan) == pytest.approx(blind.extraction_seconds + picture)
