from __future__ import annotations

import numpy as np
import pytest

from finetune.training.pictures import shrink


@pytest.mark.parametrize(("scale", "size"), [(1.0, (40, 30)), (0.5, (20, 15)), (0.001, (1, 1))])
def test_a_picture_keeps_its_shape_and_at_least_a_pixel(scale: float, size: tuple[int, int]) -> None:
    image = np.full((40, 30, 3), 200, np.uint8)
    small = shrink(image, scale)
    assert small.shape == (*size, 3) and small.dtype == np.uint8
    assert (small == 200).all()
