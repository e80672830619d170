"""Qwen2-VL and Qwen2.5-VL (arXiv 2409.12191, 2502.13923): one image of bounded size."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from docvlm.errors import UsageError
from docvlm.tiling.contracts.base import FloatArray, Normalisation, PageTensors, Resize, pillow_resize
from docvlm.tiling.plan import TilePlan, check_page_size, whole_page
from docvlm.types import RgbImage

_LARGEST_ASPECT_RATIO = 200


@dataclass(frozen=True, slots=True)
class QwenContract:
    """The whole page as one image, both sides multiples of the merged patch."""

    min_pixels: int = 56 * 56
    max_pixels: int = 28 * 28 * 1280
    patch_size: int = 14
    merge_size: int = 2
    temporal_patch_size: int = 2
    resampling: Image.Resampling = Image.Resampling.BICUBIC
    normalisation: Normalisation = field(default_factory=Normalisation)

    def plan(self, width: int, height: int) -> TilePlan:
        check_page_size(width, height)
        view = whole_page(width, height, *self._resized(width, height))
        # The markers around the image belong to the chat template.
        tokens = (view.width // self._factor) * (view.height // self._factor)
        return TilePlan("qwen", width, height, (view,), tokens)

    def views(self, image: RgbImage, plan: TilePlan, resize: Resize = pillow_resize) -> list[RgbImage]:
        return [resize(image, plan.tiles[0].width, plan.tiles[0].height, self.resampling)]

    def tensors(self, image: RgbImage, plan: TilePlan, resize: Resize = pillow_resize) -> PageTensors:
        (view,) = self.views(image, plan, resize)
        height, width = view.shape[:2]
        pixels = np.empty((3, height, width), dtype=np.float32)
        self.normalisation.fill(view, pixels)
        high, wide = height // self.patch_size, width // self.patch_size
        return PageTensors(
            self._patches(pixels, high, wide),
            image_grid_thw=np.array([[1, high, wide]], dtype=np.int64),
        )

    def prompt(self, plan: TilePlan) -> str:
        return "<|image_pad|>" * plan.tokens

    @property
    def _factor(self) -> int:
        return self.patch_size * self.merge_size

    def _resized(self, width: int, height: int) -> tuple[int, int]:
        """transformers' ``smart_resize``."""
        if max(width, height) / min(width, height) > _LARGEST_ASPECT_RATIO:
            raise UsageError(
                f"A page of {width} × {height} pixels is too long for this model.", "Cut it into parts."
            )
        factor = self._factor
        new_width, new_height = round(width / factor) * factor, round(height / factor) * factor
        if new_width * new_height > self.max_pixels:
            shrink = math.sqrt(height * width / self.max_pixels)
            new_width = max(factor, math.floor(width / shrink / factor) * factor)
            new_height = max(factor, math.floor(height / shrink / factor) * factor)
        elif new_width * new_height < self.min_pixels:
            grow = math.sqrt(self.min_pixels / (height * width))
            new_width = math.ceil(width * grow / factor) * factor
            new_height = math.ceil(height * grow / factor) * factor
        return new_width, new_height

    def _patches(self, pixels: FloatArray, high: int, wide: int) -> FloatArray:
        """Patches in the order in which they are merged, each repeated for the two frames of a video."""
        merge, patch = self.merge_size, self.patch_size
        patches = pixels.reshape(3, high // merge, merge, patch, wide // merge, merge, patch)
        patches = patches.transpose(1, 4, 2, 5, 0, 3, 6)[:, :, :, :, :, None]
        frames = np.repeat(patches, self.temporal_patch_size, axis=5)
        return frames.reshape(high * wide, 3 * self.temporal_patch_size * patch * patch)
