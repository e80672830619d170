"""What every checkpoint contract is made of: plan, tensors, prompt; resizing and normalising."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from docvlm.tiling.plan import TilePlan
from docvlm.types import RgbImage

FloatArray = npt.NDArray[np.float32]


class Resize(Protocol):
    """Resizes pixels with one of Pillow's antialiasing filters."""

    def __call__(
        self, image: RgbImage, width: int, height: int, resampling: Image.Resampling
    ) -> RgbImage: ...


def pillow_resize(image: RgbImage, width: int, height: int, resampling: Image.Resampling) -> RgbImage:
    """What transformers' own processors use; bit for bit the reference."""
    if image.shape[:2] == (height, width):
        return image
    return np.asarray(Image.fromarray(image).resize((width, height), resampling))


@dataclass(frozen=True, slots=True, eq=False)
class PageTensors:
    """A page as a checkpoint's ``forward`` takes it, for a batch of one.

    ``pixel_values`` is float32 of shape (1, views, 3, height, width) for Idefics, (patches, 3 · 2 ·
    patch²) for Qwen. ``pixel_attention_mask``, (1, views, height, width), is True on pixels of a view
    and False on padding; ``image_grid_thw``, (1, 3), counts patches over time, height and width. What
    a family does not use is None.
    """

    pixel_values: FloatArray
    pixel_attention_mask: npt.NDArray[np.bool_] | None = None
    image_grid_thw: npt.NDArray[np.int64] | None = None


class Contract(Protocol):
    """One checkpoint family's way from a page to the model's inputs."""

    def plan(self, width: int, height: int) -> TilePlan:
        """The views of a page of ``width`` × ``height`` pixels.

        Raises:
            UsageError: for a page that the checkpoint cannot take.
        """

    def views(self, image: RgbImage, plan: TilePlan, resize: Resize = pillow_resize) -> list[RgbImage]:
        """The views of a plan made by this contract, resized as the checkpoint wants them, not normalised."""

    def tensors(self, image: RgbImage, plan: TilePlan, resize: Resize = pillow_resize) -> PageTensors:
        """The pixels of a plan made by this contract for a page of the image's size."""

    def prompt(self, plan: TilePlan) -> str:
        """What stands in the prompt in place of the one image placeholder of the chat template."""


@dataclass(frozen=True, slots=True)
class Normalisation:
    """From 8-bit levels to the floats a vision tower was trained on, channel by channel."""

    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    deviation: tuple[float, ...] = (0.5, 0.5, 0.5)
    rescale_factor: float = 1 / 255

    @staticmethod
    def from_settings(settings: Mapping[str, Any]) -> Normalisation:
        return Normalisation(
            mean=tuple(settings["image_mean"]) if settings.get("do_normalize", True) else (0.0,) * 3,
            deviation=tuple(settings["image_std"]) if settings.get("do_normalize", True) else (1.0,) * 3,
            rescale_factor=settings.get("rescale_factor", 1 / 255) if settings.get("do_rescale", True) else 1,
        )

    def fill(self, view: RgbImage, out: FloatArray) -> None:
        """Write ``view`` (height, width, 3) into ``out`` (3, height, width).

        Each of the 256 levels is computed once, in the order of operations of transformers, and then
        looked up: the floats are the same, bit for bit.
        """
        levels = (np.arange(256) * self.rescale_factor).astype(np.float32)
        for channel, plane in enumerate(cv2.split(view)):
            mean, deviation = np.float32(self.mean[channel]), np.float32(self.deviation[channel])
            cv2.LUT(plane, (levels - mean) / deviation, dst=out[channel])


def padded_views(views: list[RgbImage], normalisation: Normalisation) -> PageTensors:
    """Views normalised, then padded with zeros at the bottom and right to the largest."""
    height, width = max(view.shape[0] for view in views), max(view.shape[1] for view in views)
    pixel_values = np.zeros((1, len(views), 3, height, width), dtype=np.float32)
    mask = np.zeros((1, len(views), height, width), dtype=np.bool_)
    for index, view in enumerate(views):
        normalisation.fill(view, pixel_values[0, index, :, : view.shape[0], : view.shape[1]])
        mask[0, index, : view.shape[0], : view.shape[1]] = True
    return PageTensors(pixel_values, pixel_attention_mask=mask)
