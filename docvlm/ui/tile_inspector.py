"""The tile inspector: the very views that the model gets of a page, and what each budget costs here."""

from __future__ import annotations

from html import escape

from docvlm.pipeline import OpenDocument
from docvlm.tiling import BUDGET_NAMES, CostProbe, Tile, TileKind, TilePlan, cut_tiles, expected_seconds
from docvlm.types import Box, RgbImage
from docvlm.ui.page_view import crop, data_uri

_VIEW_SIDE = 150
_NATIVE = "native"


def inspector_html(document: OpenDocument, number: int, budget: str, cost: CostProbe | None) -> str:
    """The drawer below the page.

    Args:
        budget: ``fast``, ``balanced``, ``accurate`` or a number of tiles.
        cost: what a tile and a token take on this machine; None until the model is loaded.

    Raises:
        DocvlmError: when the page cannot be drawn or there is no such budget.
    """
    page, plan = document.tile_plan(number, budget)
    plans = {name: document.tile_plan(number, name)[1] for name in BUDGET_NAMES}
    rows = "".join(_budget(name, other, name == budget, cost) for name, other in plans.items())
    views = "".join(
        _view(tile, image) for tile, image in zip(plan.tiles, _images(page.image, plan), strict=True)
    )
    return (
        '<section class="inspector" aria-label="Tile inspector">'
        '<div class="inspector-head"><h3>What the model is given of this page</h3>'
        '<button type="button" class="plain" data-choice="close:" aria-label="Close the tile '
        'inspector">Close</button>'
        "</div>"
        '<div class="inspector-body"><table class="budgets"><thead><tr><th scope="col">Budget</th>'
        '<th scope="col">Views</th><th scope="col">Tokens</th><th scope="col">First word in</th></tr></thead>'
        f'<tbody>{rows}</tbody></table><ol class="views">{views}</ol></div></section>'
    )


def _budget(name: str, plan: TilePlan, is_shown: bool, cost: CostProbe | None) -> str:
    seconds = "…" if cost is None else f"{expected_seconds(plan, cost):.1f} s"
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
