"""Turning pages upright with OpenCV: the plan as geometry, then the pixels.

An :class:`Alignment` says how the page as given becomes upright; it maps boxes both ways without
touching pixels. :func:`estimate_alignment` finds one from the picture, :func:`make_upright` applies it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from docvlm.types import Box, GrayImage, Reading, RgbImage

Points = npt.NDArray[np.float32]
"""Points of shape (..., 2): x, y in pixels."""

SKEW_LIMIT = 15.0
"""Degrees each way in which :func:`estimate_alignment` looks for a tilt."""

_PROFILE_SIDE = 1200  # pixels on the long side when looking for skew: enough for 6 pt print
_MIN_INK_POINTS = 200
_DARK_PAPER = 100  # mean gray of the surroundings below which print is taken to be light
_CLEARLY_SHARPER = 3.0  # margins and table columns sharpen the wrong profile too
_STROKE_CONTRAST = 40  # gray levels
_POINT_BUDGET = 60_000


@dataclass(frozen=True, slots=True)
class Alignment:
    """How a page of ``width`` × ``height`` pixels becomes upright.

    First a clockwise quarter turn of ``rotation`` degrees (0, 90, 180, 270), then ``skew`` degrees
    counter-clockwise about the centre, on a canvas large enough to keep every corner. ``skew`` is thus
    the clockwise tilt that is taken out, as in :class:`docvlm.types.Reading`.
    """

    width: int
    height: int
    rotation: int = 0
    skew: float = 0.0

    def __post_init__(self) -> None:
        if self.rotation not in (0, 90, 180, 270):
            raise ValueError(f"rotation is {self.rotation}, not a quarter turn")

    @staticmethod
    def of(reading: Reading) -> Alignment:
        """How the page was turned before it was read."""
        return Alignment(reading.width, reading.height, reading.rotation, reading.skew)

    @property
    def turned_size(self) -> tuple[int, int]:
        """Width and height after the quarter turn, before the skew is taken out."""
        return (self.height, self.width) if self.rotation in (90, 270) else (self.width, self.height)

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height of the upright page."""
        width, height = self.turned_size
        if not self.skew:
            return width, height
        cosine, sine = _cosine_sine(self.skew)
        return math.ceil(width * cosine + height * sine), math.ceil(width * sine + height * cosine)

    def turned_further(self, degrees: int) -> Alignment:
        """The same alignment with a further clockwise quarter turn (of the upright page)."""
        return replace(self, rotation=(self.rotation + degrees) % 360)

    def skew_matrix(self) -> npt.NDArray[np.float64]:
        """The 2 × 3 affine matrix from the turned page to the upright one."""
        width, height = self.turned_size
        upright_width, upright_height = self.upright_size
        matrix = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), self.skew, 1.0), np.float64)
        matrix[:, 2] += (upright_width - width) / 2, (upright_height - height) / 2
        return matrix

    def to_page(self, box: Box) -> Box:
        """A box on the upright page as a box on the page as given (the smallest that holds it)."""
        if not (self.skew or self.rotation) and _lies_within(box, self.width, self.height):
            return box
        if self.skew:
            inverse = cv2.invertAffineTransform(self.skew_matrix())
            corners = np.array([(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)])
            mapped = corners @ inverse[:, :2].T + inverse[:, 2]
            (x0, y0), (x1, y1) = mapped.min(axis=0), mapped.max(axis=0)
            box = Box(float(x0), float(y0), float(x1), float(y1))
        box = turn_box(box, -self.rotation % 360, *self.turned_size)
        return Box(
            min(max(box.x0, 0.0), self.width),
            min(max(box.y0, 0.0), self.height),
            min(max(box.x1, 0.0), self.width),
            min(max(box.y1, 0.0), self.height),
        )

    def to_upright(self, box: Box) -> Box:
        """The inverse of :meth:`to_page`: where a box of the page as given stands on the upright page.

        The tilted rectangle behind a box of :meth:`to_page` is recovered from the box's two sides, so
        that ``to_upright(to_page(box))`` is ``box`` up to rounding and clipping at the page's edge.
        """
        box = turn_box(box, self.rotation, self.width, self.height)
        if not self.skew:
            return box
        matrix = self.skew_matrix()
        center_x, center_y = (matrix[:, :2] @ np.array(box.center) + matrix[:, 2]).tolist()
        cosine, sine = _cosine_sine(self.skew)
        determinant = cosine * cosine - sine * sine
        width = (box.width * cosine - box.height * sine) / determinant
        height = (box.height * cosine - box.width * sine) / determinant
        # Clipping at an edge can leave a side that no rectangle explains: keep it positive.
        width = max(width, 0.1 * box.width)
        height = max(height, 0.1 * min(box.width, box.height))
        return Box(center_x - width / 2, center_y - height / 2, center_x + width / 2, center_y + height / 2)


def _lies_within(box: Box, width: float, height: float) -> bool:
    return box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height


def _cosine_sine(degrees: float) -> tuple[float, float]:
    radians = math.radians(abs(degrees))
    return math.cos(radians), math.sin(radians)


def turn_box(box: Box, degrees: int, width: float, height: float) -> Box:
    """Where ``box`` lies after a page of ``width`` × ``height`` is turned clockwise by quarter turns.

    Exact for integer input. ``degrees`` is 0, 90, 180 or 270.
    """
    if degrees == 0:
        return box
    if degrees == 90:
        return Box(height - box.y1, box.x0, height - box.y0, box.x1)
    if degrees == 180:
        return Box(width - box.x1, height - box.y1, width - box.x0, height - box.y0)
    if degrees == 270:
        return Box(box.y0, width - box.x1, box.y1, width - box.x0)
    raise ValueError(f"{degrees} degrees is not a quarter turn")


def turn_image(image: RgbImage, degrees: int) -> RgbImage:
    """The image turned clockwise by 0, 90, 180 or 270 degrees; no pixel is resampled."""
    if degrees == 0:
        return image
    codes = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
    return np.asarray(cv2.rotate(image, codes[degrees]), np.uint8)


def make_upright(image: RgbImage, alignment: Alignment) -> RgbImage:
    """Apply an alignment to the pixels of the page it was made for.

    Corners that the tilt uncovers take the colour of the page's border.
    """
    turned = turn_image(image, alignment.rotation)
    if not alignment.skew:
        return turned
    border = np.concatenate([turned[0], turned[-1], turned[:, 0], turned[:, -1]])
    paper = [float(channel) for channel in np.median(border, axis=0)]
    upright = cv2.warpAffine(
        turned,
        alignment.skew_matrix(),
        alignment.upright_size,
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=paper,
    )
    return np.asarray(upright, np.uint8)


def estimate_alignment(image: RgbImage) -> Alignment:
    """Skew, and whether lines run down the page, from projection profiles alone; no skew if unsure.

    Method: the angle at which the row profile of the ink is sharpest (W. Postl, "Detection of linear
    oblique structures and skew scan in digitized documents", ICPR 1986), over marks of letter size.
    A projection cannot tell a page from the same page upside down: ``rotation`` is 0 or 90 here,
    and reading a few lines decides between that and the half turn further.
    """
    height, width = image.shape[:2]
    ink = _text_ink_points(to_gray(image))
    if ink is None:
        return Alignment(width, height)
    across = _best_skew(ink)
    down = _best_skew(np.stack([-ink[:, 1], ink[:, 0]], axis=1))  # the page turned 90° clockwise
    if down.sharpness > _CLEARLY_SHARPER * across.sharpness:
        return Alignment(width, height, 90, down.degrees)
    return Alignment(width, height, 0, across.degrees)


def to_gray(image: RgbImage) -> GrayImage:
    """Luma of an RGB image."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def ink_mask(gray: GrayImage) -> GrayImage:
    """255 on strokes that stand out from their surroundings, else 0: dark ones on light paper, light on dark.

    Bottom-hat and top-hat transforms keep what is thinner than their kernel, so uneven light does no harm.
    """
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (max(15, min(gray.shape) // 40) | 1,) * 2)
    dark_strokes = cv2.morphologyEx(gray, cv2.MORPH_BLACKHAT, kernel)
    surroundings = cv2.blur(gray, (max(3, min(gray.shape) // 10),) * 2)
    if surroundings.min() < _DARK_PAPER:
        light_strokes = cv2.morphologyEx(gray, cv2.MORPH_TOPHAT, kernel)
        strokes = np.where(surroundings < _DARK_PAPER, light_strokes, dark_strokes)
    else:
        strokes = dark_strokes
    return np.where(strokes > _STROKE_CONTRAST, np.uint8(255), np.uint8(0))


@dataclass(frozen=True, slots=True)
class _Skew:
    degrees: float
    sharpness: float


def _text_ink_points(gray: GrayImage) -> Points | None:
    """Pixels (x, y), from the centre, of marks of letter size; None where there are too few to judge by."""
    scale = min(1.0, _PROFILE_SIDE / max(gray.shape))
    if scale < 1:
        gray = np.asarray(cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink_mask(gray), connectivity=8)
    sides = np.sort(stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]], axis=1)
    shortest, longest = sides[:, 0], sides[:, 1]
    # Rules, paper edges and pictures would drown the letters; dust would blur them.
    letters = (longest >= 4) & (longest <= max(gray.shape) / 15) & (longest <= 6 * shortest)
    letters[0] = False
    if count < 2:
        return None
    y, x = np.nonzero(letters[labels])
    if len(x) < _MIN_INK_POINTS:
        return None
    stride = len(x) // _POINT_BUDGET + 1
    points = np.stack([x[::stride] - gray.shape[1] / 2, y[::stride] - gray.shape[0] / 2], axis=1)
    return points.astype(np.float32)


def _best_skew(points: Points) -> _Skew:
    """Search coarse to fine; a flat optimum means there are no lines, so no skew."""
    best, scores = 0.0, {}
    for reach, step in ((SKEW_LIMIT, 1.0), (1.0, 0.25), (0.25, 0.05)):
        for degrees in np.arange(best - reach, best + reach + step / 2, step):
            if abs(degrees) <= SKEW_LIMIT:
                scores[round(float(degrees), 2)] = _profile_sharpness(points, float(degrees))
        best = max(scores, key=lambda degrees: scores[degrees])
    level = scores[0.0]
    unsure = scores[best] < 1.1 * level or abs(best) < 0.2 or abs(best) > SKEW_LIMIT - 1
    return _Skew(0.0, level) if unsure else _Skew(best, scores[best])


def _profile_sharpness(points: Points, degrees: float) -> float:
    """How sharply rows of ink and paper alternate once a clockwise tilt of ``degrees`` is taken out."""
    radians = math.radians(degrees)
    rows = points[:, 1] * math.cos(radians) - points[:, 0] * math.sin(radians)
    profile = np.bincount((rows - rows.min()).astype(np.int64)).astype(np.float64)
    return float(np.square(np.diff(profile)).sum())
