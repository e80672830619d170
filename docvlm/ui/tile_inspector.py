"""The tile inspector: the views of a page that a model gets, one of them large, and what budgets cost."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from docvlm.models.protocol import EngineCard
from docvlm.pipeline import OpenDocument
from docvlm.tiling import BUDGET_NAMES, CostProbe, Tile, TileKind, TilePlan
from docvlm.types import RgbImage
from docvlm.ui.budget_words import first_word_seconds, meaning_html
from docvlm.ui.page_view import data_uri, exact_uri

_VIEW_SIDE = 150


def inspector_html(
    document: OpenDocument,
    number: int,
    budget: str,
    card: EngineCard | None,
    cost: CostProbe | None,
    word_tokens: int,
    chosen: int | None = None,
) -> str:
    """The drawer below the page.

    Args:
        budget: ``fast``, ``balanced``, ``accurate`` or a number of tiles.
        card: of the model in use; None until it is loaded.
        cost: what a tile and a token take on this machine; None until the model is loaded.
        word_tokens: what the words of the page take in a prompt.
        chosen: the number of the view, from 0, that is shown large instead of what budgets cost.

    Raises:
        DocvlmError: when the page cannot be drawn or there is no such budget.
    """
    page, plan = document.tile_plan(number, budget)
    views = list(zip(plan.tiles, document.tile_views(page, plan), strict=True))
    if chosen is not None and chosen < len(views):
        first = _large(*views[chosen], budget)
    else:
        plans = {name: document.tile_plan(number, name)[1] for name in BUDGET_NAMES}
        seconds = {name: _seconds(other, card, cost, word_tokens) for name, other in plans.items()}
        first = _budgets(plans, budget, seconds)
    thumbnails = "".join(
        _view(tile, image, f"{budget}:{index}", index == chosen) for index, (tile, image) in enumerate(views)
    )
    return (
        '<section class="inspector" aria-label="Tile inspector">'
        f'<div class="inspector-head"><h3>Views of page {number}</h3>'
        '<button type="button" class="plain" data-choice="close:" aria-label="Close the tile '
        'inspector">Close</button>'
        "</div>"
        f'<p class="quiet">{meaning_html(card, f"page {number}")}</p>'
        f'<div class="inspector-body">{first}<ol class="views">{thumbnails}</ol></div></section>'
    )


def _seconds(plan: TilePlan, card: EngineCard | None, cost: CostProbe | None, word_tokens: int) -> str:
    if card is None or cost is None:
        return "…"
    return f"{first_word_seconds(plan, cost, card, word_tokens):.1f} s"


def _budgets(plans: Mapping[str, TilePlan], shown: str, seconds: Mapping[str, str]) -> str:
    rows = "".join(_budget(name, plan, name == shown, seconds[name]) for name, plan in plans.items())
    return (
        '<table class="budgets"><thead><tr><th scope="col">Budget</th><th scope="col">Views</th>'
        '<th scope="col">Tokens</th><th scope="col">First word in</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _budget(name: str, plan: TilePlan, is_shown: bool, seconds: str) -> str:
    current = ' aria-current="true"' if is_shown else ""
    return (
        f'<tr{current}><th scope="row"><button type="button" class="plain" data-choice="inspect:{name}">'
        f"{escape(name)}</button></th><td>{len(plan.tiles)}</td><td>{plan.tokens}</td><td>{seconds}</td></tr>"
    )


def _view(tile: Tile, image: RgbImage, choice: str, is_chosen: bool) -> str:
    title, current = _title(tile), ' aria-current="true"' if is_chosen else ""
    return (
        f'<li{current}><button type="button" data-choice="tile:{escape(choice)}" '
        f'aria-label="{title}, larger"><img src="{data_uri(image, _VIEW_SIDE)}" alt=""></button>'
        f"<span>{title}</span><small>{tile.width} × {tile.height} px</small></li>"
    )


def _large(tile: Tile, image: RgbImage, budget: str) -> str:
    """One view, pixel for pixel as the model gets it."""
    title, height, width = _title(tile), *image.shape[:2]
    return (
        f'<figure class="tile-large"><figcaption>{title}, pixel for pixel, {width} × {height}'
        f'<button type="button" class="plain" data-choice="inspect:{escape(budget)}">All views</button>'
        f'</figcaption><img src="{exact_uri(image)}" alt="{title}"></figure>'
    )


def _title(tile: Tile) -> str:
    return "Whole page" if tile.kind is TileKind.PAGE else f"Row {tile.row}, column {tile.column}"
