"""Geometry: pictures bent, turned and laid on a ground, their boxes with them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

import cv2
import numpy as np
import numpy.typing as npt

from docvlm.types import Box, GrayImage, RgbImage
from finetune.synthesis.drawing.paint import Boxes, Picture

Matrix = npt.NDArray[np.float64]
"""A homography of shape (3, 3): pixels of the picture before → pixels of the picture after."""


def bend(picture: Picture, rng: Random, strength: float) -> tuple[Picture, GrayImage]:
    """The paper curls: every column is moved up or down, by at most ``strength`` of the page's width.

    Returns:
        The picture, a little taller, and where on it the paper is: 255, elsewhere 0.
    """
    height, width = picture.image.shape[:2]
    lift = np.arange(width, dtype=np.float32) / width
    waves = rng.uniform(0.4, 1.1)
    moved = (strength * width * np.sin(2 * math.pi * (lift * waves + rng.random()))).astype(np.float32)
    moved -= moved.min()
    tall = height + math.ceil(float(moved.max()))
    columns = np.broadcast_to(np.arange(width, dtype=np.float32), (tall, width))
    rows = np.arange(tall, dtype=np.float32)[:, None] - moved[None, :]
    image = cv2.remap(picture.image, columns.copy(), rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    def bent(boxes: Boxes) -> Boxes:
        after = boxes.copy()
        for box in after:
            start = min(max(int(box[0]), 0), width - 1)
            shifts = moved[start : min(max(math.ceil(box[2]), start + 1), width)]
            box[1::2] += shifts.min(), shifts.max()
        return after

    paper = np.where((rows >= 0) & (rows < height), 255, 0).astype(np.uint8)
    return _with_boxes(picture, image, bent), paper


def turn(picture: Picture, degrees: float, ground: Sequence[int]) -> Picture:
    """The page turned about its middle; the picture keeps its size, corners show the ground."""
    height, width = picture.image.shape[:2]
    matrix = np.eye(3)
    matrix[:2] = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    image = cv2.warpAffine(
        picture.image, matrix[:2], (width, height), flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT, borderValue=tuple(ground),
    )  # fmt: skip
    return _with_boxes(picture, image, lambda boxes: _mapped(boxes, matrix))


def photographed(
    picture: Picture,
    ground: RgbImage,
    corners: Sequence[tuple[float, float]],
    paper: GrayImage | None = None,
) -> Picture:
    """The page lying on a ground, its four corners (from the top left, clockwise) at given places.

    ``paper`` says where the picture is paper (255); None for everywhere.
    """
    height, width = picture.image.shape[:2]
    source = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(source, np.array(corners, dtype=np.float32))
    size = (ground.shape[1], ground.shape[0])
    image = cv2.warpPerspective(
        picture.image, matrix, size, dst=ground.copy(), flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_TRANSPARENT,
    )  # fmt: skip
    if paper is not None:
        shown = cv2.warpPerspective(paper, matrix, size, flags=cv2.INTER_LINEAR)
        image = np.where(shown[..., None] > 127, image, ground)
    return _with_boxes(picture, image, lambda boxes: _mapped(boxes, matrix))


def scaled(picture: Picture, longest: int) -> Picture:
    """The picture made smaller, if need be, so that its longer side has at most ``longest`` pixels."""
    height, width = picture.image.shape[:2]
    factor = longest / max(height, width)
    if factor >= 1:
        return picture
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    image = cv2.resize(picture.image, size, interpolation=cv2.INTER_AREA)
    by = np.array((size[0] / width, size[1] / height) * 2)
    return _with_boxes(picture, image, lambda boxes: boxes * by)


def _mapped(boxes: Boxes, matrix: Matrix) -> Boxes:
    """The upright boxes around what boxes become."""
    if not len(boxes):
        return boxes
    corners = np.ascontiguousarray(boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2))
    after = cv2.perspectiveTransform(corners, matrix)
    return np.concatenate((after.min(axis=1), after.max(axis=1)), axis=1)


def _with_boxes(picture: Picture, image: RgbImage, change: Callable[[Boxes], Boxes]) -> Picture:
    """The picture with other pixels, its boxes changed likewise."""
    before = np.array([(box.x0, box.y0, box.x1, box.y1) for box in (word.box for word in picture.words)])
    after = change(before.reshape(-1, 4).astype(np.float64))
    words = tuple(
        replace(word, box=Box(*map(float, box))) for word, box in zip(picture.words, after, strict=True)
    )
    return Picture(image, words, change(picture.glyphs))
