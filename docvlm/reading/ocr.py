"""PP-OCRv6 as rapidocr's wheel ships it: boxes of text from its detector, characters from its recogniser.

The two networks are run here rather than through rapidocr's pipeline: every character comes with its
column and probability (hence word boxes and per-word confidence), no line is padded to the width of another,
and nothing is logged or downloaded.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from docvlm.config import ONNXRUNTIME
from docvlm.errors import ModelError
from docvlm.reading.ctc import CERTAIN, Alphabet, Character, Likely, decode, likely_characters
from docvlm.reading.networks import open_network
from docvlm.reading.stretches import stretches
from docvlm.types import RgbImage

Quad = npt.NDArray[np.float32]
"""Corners of a text box, shape (4, 2), clockwise from the corner where reading begins."""

LEAST_CONFIDENCE = 0.5
"""Of a line; what is less sure is no print that can be read."""

_LINE_HEIGHT = 48  # input height of the recognition network
_COLUMN_WIDTH = 8  # its output has one column for so many input columns
_MIN_PADDED_WIDTH = 64
_WIDTH_STEP = 16
_DETECTOR_SIDE = 1280  # longer pages are reduced to this before detection: 8 pt print on A4 stays 12 px high
_DETECTOR_FINE_SIDE = 2600  # where the print turns out to be finer
_DETECTOR_MIN_SIDE = 480  # smaller pictures are enlarged to this for the detector
_FINE_PRINT = 13  # pixels of a detected line's height at which detail is being lost


@dataclass(frozen=True, slots=True, eq=False)
class RecognisedLine:
    """What one text box says. ``strip`` is the rectified crop, letters upright.

    ``likely`` says by column what else may stand there; empty where nothing is in doubt, or everything.
    """

    quad: Quad
    characters: tuple[Character, ...]
    strip: RgbImage
    likely: tuple[Likely, ...] = ()

    @property
    def text(self) -> str:
        return "".join(character.text for character in self.characters)

    @property
    def confidence(self) -> float:
        """Mean over the characters; 0.0 where nothing was recognised."""
        if not self.characters:
            return 0.0
        return sum(character.confidence for character in self.characters) / len(self.characters)


class TextReader(Protocol):
    """What the rest of reading needs from an OCR engine."""

    def detect(self, image: RgbImage) -> tuple[Quad, ...]: ...

    def recognise(self, image: RgbImage, quads: Sequence[Quad]) -> tuple[RecognisedLine, ...]: ...


class PaddleReader:
    """PP-OCRv6 small, both networks from rapidocr's wheel; never touches the network.

    Safe to share between threads.

    Args:
        threads: of the processor; None for all that there are.
        runtime: who computes the networks, ``onnxruntime`` or ``openvino``.

    Raises:
        ModelError: when rapidocr, its model files or the runtime are missing.
    """

    def __init__(self, threads: int | None = None, runtime: str = ONNXRUNTIME) -> None:
        try:
            self._load(threads, runtime)
        except (ImportError, OSError, RuntimeError, ValueError) as error:
            raise ModelError(
                f"The OCR engine cannot be started: {error}.",
                "Install the packages of requirements.txt again; rapidocr brings its models with it."
                if runtime == ONNXRUNTIME
                else "Run: pip install -r docvlm/reading/requirements-openvino.txt",
            ) from error

    def _load(self, threads: int | None, runtime: str) -> None:
        import rapidocr
        from rapidocr.ch_ppocr_det.utils import DBPostProcess

        models = Path(rapidocr.__file__).parent / "models"
        self._detector = open_network(models / "PP-OCRv6_det_small.onnx", runtime, threads)
        # Thresholds as in rapidocr's own configuration.
        self._boxes_from_map = DBPostProcess(
            thresh=0.3, box_thresh=0.5, max_candidates=1000, unclip_ratio=1.6, use_dilation=True
        )
        self._recogniser = open_network(models / "PP-OCRv6_rec_small.onnx", runtime, threads)
        alphabet = self._recogniser.about("character").splitlines()
        # The alphabet holds other white space than " " too, such as U+3000; no word may contain any.
        self._alphabet = Alphabet.of(("", *alphabet, " "))

    def detect(self, image: RgbImage) -> tuple[Quad, ...]:
        """Boxes of lines of text; tall ones where text runs down or up the page."""
        pieces = stretches(image, _DETECTOR_FINE_SIDE)
        if len(pieces) == 1:
            return self._detect_on_page(image)
        if image.shape[0] > image.shape[1]:
            parts = [(image[start:end], (0, start)) for start, end in pieces]
        else:
            parts = [(image[:, start:end], (start, 0)) for start, end in pieces]
        return tuple(
            quad + np.array(corner, np.float32)
            for part, corner in parts
            for quad in self._detect_on_page(part)
        )

    def _detect_on_page(self, image: RgbImage) -> tuple[Quad, ...]:
        quads = self._detect_within(image, _DETECTOR_SIDE)
        reduction = max(image.shape) / _DETECTOR_SIDE
        if quads and reduction > 1.1:
            heights = [min(quad_size(quad)) / reduction for quad in quads]
            if statistics.median(heights) < _FINE_PRINT:
                quads = self._detect_within(image, _DETECTOR_FINE_SIDE)
        return quads

    def _detect_within(self, image: RgbImage, longest_side: int) -> tuple[Quad, ...]:
        """Differentiable binarisation (Liao et al., AAAI 2020): a map of text, then boxes round its blobs."""
        height, width = image.shape[:2]
        scale = min(1.0, longest_side / max(height, width))
        scale = max(scale, min(_DETECTOR_MIN_SIDE / min(height, width), longest_side / max(height, width)))
        size = [max(32, round(side * scale / 32) * 32) for side in (width, height)]
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        pixels = _network_pixels(np.asarray(cv2.resize(image, size, interpolation=method), np.uint8))
        text_map = self._detector(pixels[np.newaxis])
        boxes, _ = self._boxes_from_map(text_map, (height, width))
        return tuple(np.asarray(box, np.float32) for box in boxes)

    def recognise(self, image: RgbImage, quads: Sequence[Quad]) -> tuple[RecognisedLine, ...]:
        """Read each box, beginning at its first corner; one result a box, in the same order."""
        strips = [rectify(image, quad) for quad in quads]
        return tuple(self._read(quad, strip) for quad, strip in zip(quads, strips, strict=True))

    def _read(self, quad: Quad, strip: RgbImage) -> RecognisedLine:
        # One line at a time: what a single one needs stays in the cores' caches, and nothing is padded.
        width = _network_width(strip)
        padded = max(_MIN_PADDED_WIDTH, math.ceil(width / _WIDTH_STEP) * _WIDTH_STEP)
        pixels = np.zeros((1, 3, _LINE_HEIGHT, padded), np.float32)
        line = cv2.resize(strip, (width, _LINE_HEIGHT))
        pixels[0, :, :, :width] = _network_pixels(np.asarray(line, np.uint8))
        probabilities = self._recogniser(pixels)[0]
        characters = decode(probabilities, self._alphabet, width / _COLUMN_WIDTH)
        line = RecognisedLine(quad, characters, strip)
        doubted = any(character.confidence < CERTAIN for character in characters)
        if doubted and line.confidence >= LEAST_CONFIDENCE:
            line = replace(line, likely=likely_characters(probabilities, self._alphabet))
        return line


def rectify(image: RgbImage, quad: Quad) -> RgbImage:
    """Cut out a box as a level strip, its first corner at the top left."""
    width, height = quad_size(quad)
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad, target)
    strip = cv2.warpPerspective(
        image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(strip, np.uint8)


def quad_size(quad: Quad) -> tuple[int, int]:
    """Width along the reading direction and height, in whole pixels, at least 1."""
    width = max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[2] - quad[3]))
    height = max(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[1] - quad[2]))
    return max(1, int(width)), max(1, int(height))


def _network_width(strip: RgbImage) -> int:
    height, width = strip.shape[:2]
    return int(max(_COLUMN_WIDTH, math.ceil(_LINE_HEIGHT * width / height)))


def _network_pixels(image: RgbImage) -> npt.NDArray[np.float32]:
    """Shape (3, height, width), BGR as both networks were trained on, in [-1, 1]."""
    return np.ascontiguousarray(image[:, :, ::-1].transpose(2, 0, 1), np.float32) / np.float32(127.5) - 1
