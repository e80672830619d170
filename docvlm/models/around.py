"""An engine around another: the same in everything but in what a subclass does with replies."""

from __future__ import annotations

from docvlm.models.protocol import Engine, EngineCard
from docvlm.tiling import Budget, TilePlan
from docvlm.types import RgbImage


class EngineAround:
    """Passes on all but ``generate`` to ``engine``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def card(self) -> EngineCard:
        return self._engine.card

    def plan_page(self, width: int, height: int, budget: Budget) -> TilePlan:
        return self._engine.plan_page(width, height, budget)

    def views(self, image: RgbImage, plan: TilePlan) -> tuple[RgbImage, ...]:
        return self._engine.views(image, plan)

    def count_tokens(self, text: str) -> int:
        return self._engine.count_tokens(text)

    def close(self) -> None:
        self._engine.close()
