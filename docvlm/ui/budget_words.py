"""What a tile budget means for the model in use, in words and in seconds."""

from __future__ import annotations

from html import escape

from docvlm.models.protocol import EngineCard
from docvlm.tiling import CostProbe, TilePlan, expected_seconds

PAGE_TOKENS = 500
"""The words of a page of text, where no page is known."""


def meaning_html(card: EngineCard | None, page: str) -> str:
    """What more tiles do, for the model that ``card`` is of; ``page`` says whose figures are shown."""
    if card is not None and not card.sees_pixels:
        return (
            "This model reads the words of a page and is shown no tiles, so every budget costs the same; "
            f"the views are those that a model with eyes would get of {escape(page)}."
        )
    if card is not None and card.contract:
        return "This checkpoint has its own way to cut pages, so every budget gives the same views."
    return f"More tiles show smaller print and cost more time. Figures for {escape(page)}."


def first_word_seconds(plan: TilePlan, cost: CostProbe, card: EngineCard, word_tokens: int) -> float:
    """Seconds until the first word of an answer about a page that was not seen before."""
    if card.sees_pixels:
        return expected_seconds(plan, cost, word_tokens)
    return cost.fixed_seconds + word_tokens * cost.seconds_per_token
