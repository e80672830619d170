"""Pillow's antialiased resizing at the speed of torch's vectorised kernels."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from docvlm.tiling.contracts import pillow_resize
from docvlm.types import RgbImage

_TORCH_MODES = {Image.Resampling.BILINEAR: "bilinear", Image.Resampling.BICUBIC: "bicubic"}


def fast_resize(image: RgbImage, width: int, height: int, resampling: Image.Resampling) -> RgbImage:
    """``pillow_resize`` within two levels of 255 (one for bilinear), about four times as fast.

    torch's 8-bit kernels follow Pillow's fixed-point arithmetic with shorter coefficients. Filters
    that torch does not have, such as Lanczos, are left to Pillow.
    """
    mode = _TORCH_MODES.get(resampling)
    if mode is None or image.shape[:2] == (height, width):
        return pillow_resize(image, width, height, resampling)
    # The fastest kernels take a "channels last" tensor whose strides say so even along the batch axis,
    # which those of np.newaxis do not. torch warns of read-only memory.
    contiguous = np.require(image, requirements=["C", "W"])
    channels_first = torch.from_numpy(contiguous.reshape(1, *image.shape)).permute(0, 3, 1, 2)
    resized = torch.nn.functional.interpolate(channels_first, (height, width), mode=mode, antialias=True)
    return np.asarray(resized[0].permute(1, 2, 0).numpy(), dtype=np.uint8)
