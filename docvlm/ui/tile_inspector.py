"""The tile inspector: the views of a page that a model gets, and what each budget costs here."""

from __future__ import annotations

from html import escape

from docvlm.models.protocol import EngineCard
from docvlm.pipeline import OpenDocument
from docvlm.tiling import BUDGET_NAMES, CostProbe, Tile, TileKind, TilePlan, cut_tiles
from docvlm.types import Box, RgbImage
from docvlm.ui.budget_words import first_word_seconds, meaning_html
from docvlm.ui.page_view import crop, data_uri

_VIEW_SIDE = 150
_NATIVE = "native"


def inspector_html(
    document: OpenDocument,
    number: int,
    budget: str,
    card: EngineCard | None,
    cost: CostProbe | None,
    word_tokens: int,
) -> str:
    """The drawer below the page.

    Args:
        budget: ``fast``, ``balanced``, ``accurate`` or a number of tiles.
        card: of the model in use; None until it is loaded.
        cost: what a tile and a token take on this machine; None until the model is loaded.
        word_tokens: what the words of the page take in a prompt.

    Raises:
        DocvlmError: when the page cannot be drawn or there is no such budget.
    """
    page, plan = document.tile_plan(number, budget)
    plans = {name: document.tile_plan(number, name)[1] for name in BUDGET_NAMES}
    rows = "".join(
        _budget(name, other, name == budget, _seconds(other, card, cost, word_tokens))
        for name, other in plans.items()
    )
    views = "".join(
        _view(tile, image) for tile, image in zip(plan.tiles, _images(page.image, plan), strict=True)
    )
    return (
        '<section class="inspector" aria-label="Tile inspector">'
        f'<div class="inspector-head"><h3>Views of page {number}</h3>'
        '<button type="button" class="plain" data-choice="close:" aria-label="Close the tile '
        'inspector">Close</button>'
        "</div>"
        f'<p class="quiet">{meaning_html(card, f"page {number}")}</p>'
        '<div class="inspector-body"><table class="budgets"><thead><tr><th scope="col">Budget</th>'
        '<th scope="col">Views</th><th scope="col">Tokens</th><th scope="col">First word in</th></tr></thead>'
        f'<tbody>{rows}</tbody></table><ol class="views">{views}</ol></div></section>'
    )


def _seconds(plan: TilePlan, card: EngineCard | None, cost: CostProbe | None, word_tokens: int) -> str:
    if card is None or cost is None:
        return "…"
    return f"{first_word_seconds(plan, cost, card, word_tokens):.1f} s"


def _budget(name: str, plan: TilePlan, is_shown: bool, seconds: str) -> str:
    current = ' aria-current="true"' if is_shown else ""
    return (
        f'<tr{current}><th scope="row"><button type="button" class="plain" data-choice="inspect:{name}">'
        f"{escape(name)}</button></th><td>{len(plan.tiles)}</td><td>{plan.tokens}</td><td>{seconds}</td></tr>"
    )


def _view(tile: Tile, image: RgbImage) -> str:
    title = "Whole page" if tile.kind is TileKind.PAGE else f"Row {tile.row}, column {tile.column}"
    return (
        f'<li><img src="{data_uri(image, _VIEW_SIDE)}" alt="{title}">'
        f"<span>{title}</span><small>{tile.width} × {tile.height} px</small></li>"
    )


def _images(image: RgbImage | None, plan: TilePlan) -> list[RgbImage]:
    """The pixels of each view; of a checkpoint's own plan, the part of the page that it shows."""
    if image is None:
        return []
    if plan.strategy != _NATIVE:
        return [crop(image, Box(*tile.source), margin=0) for tile in plan.tiles]
    batch = cut_tiles(image, plan)
    return [
        pixels[: tile.height, : tile.width] for pixels, tile in zip(batch.pixels, plan.tiles, strict=True)
    ]
