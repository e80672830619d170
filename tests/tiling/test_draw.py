from __future__ import annotations

import numpy as np
import pytest

from docvlm.tiling.draw import draw_plan
from docvlm.tiling.plan import Budget, plan_tiles


def test_outlines_run_along_the_tiles_and_leave_the_page_alone() -> None:
    page = np.full((600, 1000, 3), 255, dtype=np.uint8)
    plan = plan_tiles(1000, 600, Budget.parse("balanced"))
    drawn = draw_plan(page, plan)
    assert (page == 255).all()
    coloured = (drawn != 255).any(axis=2)
    for tile in plan.grid:
        x0, y0, x1, y1 = tile.source
        assert coloured[y0, x0:x1].all()
        assert coloured[y0:y1, x0].all()
    assert coloured.mean() < 0.1


@pytest.mark.parametrize(("width", "height"), [(1, 1), (8, 3000), (3000, 8)])
def test_odd_pages_can_be_drawn(width: int, height: int) -> None:
    page = np.full((height, width, 3), 255, dtype=np.uint8)
    drawn = draw_plan(page, plan_tiles(width, height, Budget.parse("balanced")))
    assert drawn.shape == page.shape


def test_another_image_is_refused() -> None:
    with pytest.raises(ValueError, match="600×600"):
        draw_plan(np.zeros((10, 10, 3), dtype=np.uint8), plan_tiles(600, 600, Budget.parse("fast")))
