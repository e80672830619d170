"""Random scaling of pictures in training (arXiv 2405.02246, section 4.3)."""

from __future__ import annotations

import numpy as np
from PIL import Image

from docvlm.types import RgbImage


def shrink(image: RgbImage, scale: float) -> RgbImage:
    """The picture at ``scale`` (above 0, at most 1) of its width and height, at least one pixel each."""
    height, width = image.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR))
