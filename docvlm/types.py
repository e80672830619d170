"""The values that travel between rooms: frozen, without behaviour beyond plain geometry.

Conventions used everywhere in docvlm:

* Page numbers start at 1 and stay with the page for life.
* Pixel boxes are ``(x0, y0, x1, y1)`` in pixels of the page image as it is given
  (``Page.width`` × ``Page.height``), origin at the top left, y pointing down, x1 and y1 exclusive.
* PDF points are 1/72 inch in the *displayed* page (cropped and rotated as a viewer shows it),
  origin at the top left, so that ``points = pixels * points_per_pixel``.
* Confidences lie in [0, 1].
* ``None`` means unknown; an empty tuple or string means "looked and found none".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

GrayImage = npt.NDArray[np.uint8]
"""Pixels of shape (height, width), 8 bits."""

RgbImage = npt.NDArray[np.uint8]
"""Pixels of shape (height, width, 3), RGB, 8 bits a channel."""


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned rectangle; pixels of the page image unless said otherwise."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)

    @property
    def center(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def as_list(self, digits: int = 1) -> list[float]:
        """``[x0, y0, x1, y1]`` rounded for JSON."""
        return [round(value, digits) for value in (self.x0, self.y0, self.x1, self.y1)]

    def scaled(self, factor_x: float, factor_y: float | None = None) -> Box:
        factor_y = factor_x if factor_y is None else factor_y
        return Box(self.x0 * factor_x, self.y0 * factor_y, self.x1 * factor_x, self.y1 * factor_y)

    def moved(self, dx: float, dy: float) -> Box:
        return Box(self.x0 + dx, self.y0 + dy, self.x1 + dx, self.y1 + dy)

    def intersection(self, other: Box) -> Box | None:
        """The common rectangle, or None where the boxes do not overlap."""
        x0, y0 = max(self.x0, other.x0), max(self.y0, other.y0)
        x1, y1 = min(self.x1, other.x1), min(self.y1, other.y1)
        return Box(x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None

    def contains(self, other: Box, slack: float = 0.0) -> bool:
        return (
            self.x0 <= other.x0 + slack
            and self.y0 <= other.y0 + slack
            and self.x1 >= other.x1 - slack
            and self.y1 >= other.y1 - slack
        )

    @staticmethod
    def around(boxes: Iterable[Box]) -> Box:
        """The smallest box that holds all of ``boxes``.

        Raises:
            ValueError: when there are none.
        """
        found = list(boxes)
        if not found:
            raise ValueError("no boxes to put a box around")
        return Box(
            min(box.x0 for box in found),
            min(box.y0 for box in found),
            max(box.x1 for box in found),
            max(box.y1 for box in found),
        )


class PageStatus(StrEnum):
    """What became of a page."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class LayerWord:
    """A word of a PDF's text layer, before anybody has judged whether the layer is real.

    ``visible`` is False for text that a viewer does not paint: render mode 3, fully transparent,
    painted in the colour of its background, or outside the page.
    ``block`` and ``line`` number the PDF's own blocks and lines, from 0, in content order.
    """

    text: str
    box: Box
    block: int
    line: int
    font_size: float | None = None
    bold: bool = False
    visible: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """One page as it came out of a file: pixels, and the text layer where there is one.

    ``image`` is None unless ``status`` is OK and pixels were asked for. ``preview`` is the whole page in
    gray at a lower resolution, where a preview was asked for instead. ``text_layer`` is None where
    the file type has no text layer (an image) and empty where there could be one but it holds nothing.
    ``points_per_pixel`` is 72 / dpi for PDF pages, None for images.
    ``notes`` are sentences for the user (such as "rendered by poppler instead of MuPDF").
    """

    number: int
    status: PageStatus
    width: int
    height: int
    image: RgbImage | None
    text_layer: tuple[LayerWord, ...] | None = None
    points_per_pixel: float | None = None
    reason: str | None = None
    notes: tuple[str, ...] = ()
    preview: GrayImage | None = None


class ReadingSource(StrEnum):
    """Where the words of a page came from."""

    TEXT_LAYER = "text-layer"
    OCR = "ocr"


@dataclass(frozen=True, slots=True)
class Word:
    """A run of characters without white space, and where it stands."""

    text: str
    box: Box
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """Words that are read one after the other on one baseline.

    ``block`` numbers the paragraph, column or table region the line belongs to, from 0, in reading
    order. Two lines of one visual row that lie in different columns are two lines.
    """

    words: tuple[Word, ...]
    block: int = 0
    font_size: float | None = None
    bold: bool = False

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        return Box.around(word.box for word in self.words)


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything read on one page, in reading order.

    ``rotation`` is the clockwise turn in degrees (0, 90, 180, 270) that makes the page upright;
    ``skew`` the further angle in degrees, clockwise positive, that was taken out before OCR. Boxes
    are always those of the page as given, not of the corrected copy.
    """

    page_number: int
    source: ReadingSource
    width: int
    height: int
    lines: tuple[Line, ...]
    points_per_pixel: float | None = None
    rotation: int = 0
    skew: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[Word, ...]:
        return tuple(word for line in self.lines for word in line.words)

    @property
    def text(self) -> str:
        """The lines in reading order, one a row."""
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a question about a document.

    ``text`` None means "not found". ``confidence`` is that of the answer given, so a confident
    "not found" has a high one. ``boxes`` hold one box a line of evidence on ``page``.
    """

    question: str
    text: str | None
    confidence: float
    page: int | None = None
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldValue:
    """One extracted value with its evidence.

    ``raw`` is a run of words of the page as printed; ``value`` the typed form: an ISO date, a
    decimal as text with a dot, one of the choices, or the text itself. ``currency`` is an ISO 4217
    code where the amount or the page says one. All None where the field was looked for and not
    found. ``box`` holds every word of ``raw``; ``boxes`` has one box a line.
    """

    name: str
    value: str | None
    raw: str | None
    confidence: float
    page: int | None = None
    box: Box | None = None
    boxes: tuple[Box, ...] = ()
    currency: str | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LineItems:
    """The rows of a list field (line items, transactions, open key-value pairs)."""

    name: str
    rows: tuple[tuple[FieldValue, ...], ...]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The outcome of an arithmetic check such as subtotal + tax = total."""

    name: str
    passed: bool
    message: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Extraction:
    """The values of one schema found in one document."""

    schema: str
    fields: tuple[FieldValue | LineItems, ...]
    checks: tuple[CheckResult, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A file's identity: the content hash is the document, the name is only what it was called."""

    sha256: str
    name: str
    media_type: str
    page_count: int
    byte_count: int


@dataclass(frozen=True, slots=True)
class RunInfo:
    """With what an answer or an extraction was made.

    ``pages`` is "all" or the numbers of the pages that were asked about. ``pipeline`` is the version of
    prompts, grammars and typing. ``timings`` are (step, seconds) and not part of the run's identity.
    """

    model: str
    model_revision: str
    adapter: str | None = None
    tiling: str = ""
    reader: str = ""
    pages: str = "all"
    pipeline: str = ""
    timings: tuple[tuple[str, float], ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class TokenStep:
    """One token of a reply.

    Attributes:
        text: the characters it adds (may be empty while a character is incomplete).
        probability: the model's probability of it among the tokens that were allowed; None where the
            engine does not know.
        forced: True where the grammar left no choice, so that the model was not asked.
    """

    text: str
    probability: float | None
    forced: bool
