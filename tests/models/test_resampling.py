from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from docvlm.models.resampling import fast_resize
from docvlm.tiling.contracts import pillow_resize


@pytest.mark.parametrize("size", [(100, 150), (693, 980), (250, 120)])
@pytest.mark.parametrize(
    ("resampling", "tolerance"),
    [(Image.Resampling.BILINEAR, 1), (Image.Resampling.BICUBIC, 2), (Image.Resampling.LANCZOS, 0)],
)
def test_it_is_pillow_within_a_level_or_two(
    resampling: Image.Resampling, tolerance: int, size: tuple[int, int]
) -> None:
    page = np.random.default_rng(0).integers(0, 256, (600, 400, 3), dtype=np.uint8)
    quadrant = page[300:, 200:]  # not contiguous, as the contracts pass it
    quadrant.flags.writeable = False
    expected = pillow_resize(quadrant, *size, resampling).astype(int)
    assert np.abs(fast_resize(quadrant, *size, resampling) - expected).max() <= tolerance
