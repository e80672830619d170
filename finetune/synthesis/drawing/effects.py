"""What happens to a page between the printer and the reader: scanned, photographed, faxed, faded, folded.

Each effect takes pixels and gives pixels of the same size; geometry is in ``warp``. Strengths are drawn from
the given source of chance and stay where a person still reads every word.
"""

from __future__ import annotations

import math
from random import Random
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from docvlm.types import RgbImage

_GRAIN = 509
"""Side of the patch that noise is repeated from: a prime, so that no pattern of the page meets it again."""

Floats = npt.NDArray[np.float32]


def source_of(rng: Random) -> np.random.Generator:
    """A numpy source that follows from another."""
    return np.random.default_rng(rng.getrandbits(64))


def noise(image: RgbImage, rng: Random, strength: float) -> RgbImage:
    """Gray or coloured grain of a standard deviation in levels of 255."""
    channels = 3 if rng.random() < 0.3 else 1
    grain = source_of(rng).standard_normal((_GRAIN, _GRAIN, channels), dtype=np.float32) * strength
    if rng.random() < 0.5:
        grain = cv2.GaussianBlur(grain, (3, 3), 0.8).reshape(_GRAIN, _GRAIN, channels) * 1.8
    grain = np.broadcast_to(np.rint(grain), (_GRAIN, _GRAIN, 3))
    lighter = cv2.add(image, _tiled(grain.clip(0, 255).astype(np.uint8), image))
    return _pixels(cv2.subtract(lighter, _tiled((-grain).clip(0, 255).astype(np.uint8), image)))


def _tiled(patch: npt.NDArray[Any], image: RgbImage) -> npt.NDArray[Any]:
    """A patch repeated over the size of an image."""
    height, width = image.shape[:2]
    repeats = (math.ceil(height / patch.shape[0]), math.ceil(width / patch.shape[1]), 1)[: patch.ndim]
    return np.ascontiguousarray(np.tile(patch, repeats)[:height, :width])


def blur(image: RgbImage, rng: Random, strength: float) -> RgbImage:
    """Out of focus, or moved; ``strength`` in pixels."""
    if rng.random() < 0.7:
        return _pixels(cv2.GaussianBlur(image, (0, 0), max(0.3, strength)))
    length = max(2, round(strength * 2.5))
    kernel = np.zeros((length, length), dtype=np.float32)
    cv2.line(kernel, (0, rng.randrange(length)), (length - 1, rng.randrange(length)), 1.0)
    return _pixels(cv2.filter2D(image, -1, kernel / kernel.sum()))


def jpeg(image: RgbImage, rng: Random, quality: int) -> RgbImage:
    """Compressed and opened again."""
    _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(_pixels(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1])


def light(image: RgbImage, rng: Random, strength: float) -> RgbImage:
    """Brighter at one side than at the other; ``strength`` is the share lost where it is darkest."""
    height, width = image.shape[:2]
    angle = rng.uniform(0, 2 * math.pi)
    across = np.linspace(-1, 1, width, dtype=np.float32) * math.cos(angle)
    down = np.linspace(-1, 1, height, dtype=np.float32) * math.sin(angle)
    shade = across[None, :] + down[:, None]
    shade = 1 - strength * (shade - shade.min()) / max(float(np.ptp(shade)), 1e-6)
    return _lit(image, shade)


def shadow(image: RgbImage, rng: Random, strength: float) -> RgbImage:
    """The soft shadow of a hand or a phone that comes in from one side."""
    height, width = image.shape[:2]
    scale = 8
    mask = np.zeros((height // scale + 1, width // scale + 1), dtype=np.float32)
    tall, wide = mask.shape
    side = rng.choice((0, wide))
    points = [
        (side, 0 if rng.random() < 0.5 else tall // 3),
        (abs(side - round(wide * rng.uniform(0.2, 0.7))), round(tall * rng.uniform(0, 0.5))),
        (abs(side - round(wide * rng.uniform(0.1, 0.6))), round(tall * rng.uniform(0.5, 1))),
        (side, tall),
    ]
    cv2.fillPoly(mask, [np.array(points, dtype=np.int32)], 1.0)
    mask = cv2.GaussianBlur(mask, (0, 0), max(1.0, wide * rng.uniform(0.02, 0.08)))
    return _lit(image, 1 - strength * cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR))


def fold(image: RgbImage, rng: Random, strength: float) -> RgbImage:
    """Creases across or along the page: a worn line, one side of it darker than the other."""
    height, width = image.shape[:2]
    shade = np.ones((height, width), dtype=np.float32)
    for _ in range(rng.choice((1, 1, 2, 3))):
        level = shade if rng.random() < 0.6 else shade.T
        length = level.shape[0]
        place = round(length * rng.choice((1 / 3, 1 / 2, 2 / 3)) + rng.uniform(-0.02, 0.02) * length)
        reach = max(8, round(length * rng.uniform(0.03, 0.12)))
        rows = np.arange(length, dtype=np.float32) - place
        dark = strength * np.exp(-np.maximum(rows, 0) / reach) * (rows >= 0)
        worn = strength * 0.9 * np.exp(-((rows / 1.2) ** 2))
        level *= (1 - dark + worn)[:, None]
    return _lit(image, shade)


def thermal(image: RgbImage, rng: Random, strength: float) -> RgbImage:
    """Thermal print: ink that fades in bands along or across the roll, on grayish paper."""
    height, width = image.shape[:2]
    length = rng.choice((height, width))
    steps = np.arange(length, dtype=np.float32)
    bands = np.zeros(length, dtype=np.float32)
    for _ in range(rng.randint(1, 4)):
        middle, reach = rng.uniform(0, length), length * rng.uniform(0.02, 0.2)
        bands += np.exp(-(((steps - middle) / reach) ** 2))
    fade = (0.35 * strength + strength * np.minimum(bands, 1) * 0.65).astype(np.float32)
    fade = fade[:, None] if length == height else fade[None, :]
    paper = image[2, 2].astype(np.float32)
    ink = image.astype(np.float32)
    faded: Floats = ink + (paper - ink) * fade[..., None]
    tone = np.array(rng.choice(((1, 1, 1), (0.97, 0.97, 1.0), (1.0, 0.985, 0.95))), dtype=np.float32)
    return (faded * tone).clip(0, 255).astype(np.uint8)


def wear(image: RgbImage, rng: Random, strength: float) -> RgbImage:
    """Ink missing in spots, as a worn ribbon or a dry drum leaves it, on a share of ``strength``."""
    size = rng.choice((1, 2, 3))
    spots = source_of(rng).random((_GRAIN, _GRAIN), dtype=np.float32)
    if size > 1:
        spots = cv2.resize(spots, None, fx=size, fy=size, interpolation=cv2.INTER_LINEAR)
    bare = _tiled((spots < strength).astype(np.uint8), image).astype(bool)
    worn = image.copy()
    worn[bare] = np.maximum(image[bare], (image[bare] * np.float32(0.4) + image[2, 2] * 0.6).astype(np.uint8))
    return worn


def dirt(image: RgbImage, rng: Random, strength: float) -> RgbImage:
    """Specks and, now and then, a streak of the scanner's glass."""
    dirty = image.copy()
    height, width = image.shape[:2]
    for _ in range(round(strength * 120)):
        level = rng.randint(40, 150)
        place = (rng.randrange(width), rng.randrange(height))
        cv2.circle(dirty, place, rng.choice((0, 0, 1, 1, 2)), (level, level, level), -1)
    if rng.random() < 0.25:
        x = rng.randrange(width)
        column = dirty[:, x : x + 2].astype(np.float32) * rng.uniform(0.75, 0.92)
        dirty[:, x : x + 2] = column.astype(np.uint8)
    return dirty


def edges(image: RgbImage, rng: Random, strength: float) -> RgbImage:
    """The dark rim that a copier leaves where the lid stands open."""
    height, width = image.shape[:2]
    shade = np.ones((height, width), dtype=np.float32)
    for along, turned in ((width, False), (height, True)):
        if rng.random() < 0.6:
            steps = np.arange(along, dtype=np.float32)
            steps = steps if rng.random() < 0.5 else steps[::-1]
            rim = 1 - strength * np.exp(-steps / (along * rng.uniform(0.006, 0.025)))
            shade *= rim[:, None] if turned else rim[None, :]
    return _lit(image, shade)


def tint(image: RgbImage, rng: Random, strength: float) -> RgbImage:
    """Paper that has yellowed, or a white balance that is off."""
    tone = 1 - np.array(
        [rng.uniform(0, strength * 0.6), rng.uniform(0, strength * 0.6), rng.uniform(0, strength)]
    )
    table = np.clip(np.arange(256)[:, None] * tone[None, :], 0, 255).astype(np.uint8)
    return np.ascontiguousarray(cv2.LUT(image, table.reshape(256, 1, 3)))


def contrast(image: RgbImage, low: int, high: int) -> RgbImage:
    """Black becomes ``low`` and white ``high``."""
    table = np.linspace(low, high, 256).clip(0, 255).astype(np.uint8)
    return np.ascontiguousarray(cv2.LUT(image, table))


def photocopy(image: RgbImage, rng: Random, strength: float) -> RgbImage:
    """A copy of a copy: gray, hard, with grains where the toner did not take."""
    gray = cv2.min(cv2.min(image[..., 0], image[..., 1]), image[..., 2])
    steep = 3.0 + 5.0 * strength
    table = 255 / (1 + np.exp(-steep * (np.arange(256) / 255 - 0.62) * 2))
    table = (table - table.min()) / (table.max() - table.min()) * 255
    return _pixels(cv2.cvtColor(cv2.LUT(gray, table.astype(np.uint8)), cv2.COLOR_GRAY2RGB))


def fax(image: RgbImage, rng: Random, strength: float) -> RgbImage:
    """Black and white only, at the coarser rows of a fax; shades become dots (Bayer 1973)."""
    height, width = image.shape[:2]
    # The darkest channel: coloured letters stay as dark as they can.
    gray = cv2.min(cv2.min(image[..., 0], image[..., 1]), image[..., 2])
    coarse = 1 - 0.35 * strength
    small = cv2.resize(gray, (width, max(1, round(height * coarse))), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.6:
        limit = _BAYER_LIMITS[:4, :4]
        limits = np.tile(limit, (small.shape[0] // 4 + 1, small.shape[1] // 4 + 1))[: small.shape[0], :width]
        # Half way to plain thresholding: letters keep their edges.
        bits = small.astype(np.float32) > 0.45 * limits + 0.55 * 175
    else:
        bits = small.astype(np.float32) > rng.randint(150, 195)
    if rng.random() < 0.5:
        for _ in range(rng.randint(1, 3)):
            bits[rng.randrange(bits.shape[0])] = True
    black = cv2.resize(bits.astype(np.uint8) * 255, (width, height), interpolation=cv2.INTER_NEAREST)
    return _pixels(cv2.cvtColor(black, cv2.COLOR_GRAY2RGB))


_BAYER_LIMITS = (
    np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], dtype=np.float32) + 0.5
) * 16


def ground(height: int, width: int, rng: Random) -> RgbImage:
    """Something for a page to lie on: wood, cloth, stone or a plain desk."""
    base = np.array(rng.choice(_GROUNDS), dtype=np.float32)
    source = source_of(rng)
    kind = rng.choice(("wood", "stone", "plain", "cloth"))
    if kind == "wood":
        grain = source.standard_normal((max(2, height // 3), max(2, width // 60)), dtype=np.float32)
        grain = (
            cv2.GaussianBlur(cv2.resize(grain, (width, height), interpolation=cv2.INTER_CUBIC), (0, 0), 1.0)
            * 14
        )
    elif kind == "stone":
        grain = source.standard_normal((height // 6 + 2, width // 6 + 2), dtype=np.float32)
        grain = cv2.resize(grain, (width, height), interpolation=cv2.INTER_CUBIC) * 10
    elif kind == "cloth":
        rows = np.sin(np.arange(height, dtype=np.float32) * 1.3)[:, None]
        columns = np.sin(np.arange(width, dtype=np.float32) * 1.1)[None, :]
        grain = (rows + columns) * 6
    else:
        grain = np.zeros((height, width), dtype=np.float32)
    return (base + grain[..., None]).clip(0, 255).astype(np.uint8)


_GROUNDS = (
    (92, 64, 44), (140, 104, 72), (60, 44, 36), (172, 140, 104), (70, 74, 80), (40, 42, 46), (120, 124, 128),
    (188, 186, 182), (58, 78, 96), (96, 40, 38), (64, 88, 72), (204, 196, 184),
)  # fmt: skip


def _lit(image: RgbImage, shade: Floats) -> RgbImage:
    """Every pixel multiplied by its light."""
    light_of = np.ascontiguousarray(shade, dtype=np.float32)
    return _pixels(cv2.multiply(image, cv2.merge((light_of, light_of, light_of)), dtype=cv2.CV_8U))


def _pixels(image: Any) -> RgbImage:
    """What OpenCV gives, which tells no type."""
    return np.asarray(image, dtype=np.uint8)
