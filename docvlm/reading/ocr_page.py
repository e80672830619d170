"""OCR of one page: turn it upright, find the lines, read them, and turn it round where they read badly."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from docvlm.imageops import Alignment, estimate_alignment, ink_mask, make_upright, to_gray
from docvlm.reading.ocr import LEAST_CONFIDENCE, Quad, RecognisedLine, TextReader, quad_size
from docvlm.reading.respelling import respell
from docvlm.reading.words import words_of_line
from docvlm.types import RgbImage, Word

_TALL = 1.5  # height / width from which a box holds text that runs along the page's other side
_SAMPLE_LINES = 6
_READS_WELL = 0.88  # mean confidence of the sample; upside-down print stays below
_CLEARLY_BETTER = 0.05  # by so much must upside-down win, or a few stray marks would turn the page
_RESIDUAL_SKEW = 1.5  # degrees left by the projection profile that are worth a second detection


@dataclass(frozen=True, slots=True)
class OcrPage:
    """Segments of words, each from one box of the detector, with boxes on the *upright* page."""

    alignment: Alignment
    segments: tuple[tuple[Word, ...], ...]


def read_image(image: RgbImage, reader: TextReader) -> OcrPage:
    """Read a page image however it lies.

    A page that lies right costs one detection and one recognition of each line; only where a sample
    of its lines reads badly are they tried upside down.
    """
    if not ink_mask(to_gray(image)).any():
        return OcrPage(Alignment(image.shape[1], image.shape[0]), ())
    alignment = estimate_alignment(image)
    upright = make_upright(image, alignment)
    quads = reader.detect(upright)
    correction = _correction(alignment, quads)
    if correction != alignment:
        alignment = correction
        upright = make_upright(image, alignment)
        quads = reader.detect(upright)
    if not quads:
        return OcrPage(Alignment(image.shape[1], image.shape[0]), ())

    sample = _longest(quads)
    tried = dict(zip(sample, reader.recognise(upright, [_level(quads[i]) for i in sample]), strict=True))
    if _mean_confidence(tried.values()) < _READS_WELL:
        turned = reader.recognise(upright, [_half_turned(_level(quads[i])) for i in sample])
        if _mean_confidence(turned) > _mean_confidence(tried.values()) + _CLEARLY_BETTER:
            alignment = alignment.turned_further(180)
            width, height = alignment.upright_size
            far_corner = np.array([width, height], np.float32)
            quads = tuple(_half_turned(far_corner - quad) for quad in quads)
            upright = make_upright(image, alignment)
            tried = {}
    rest = [index for index in range(len(quads)) if index not in tried]
    tried.update(zip(rest, reader.recognise(upright, [_level(quads[i]) for i in rest]), strict=True))
    lines = [_better_direction(tried[index], quads[index], upright, reader) for index in range(len(quads))]
    legible = respell([line for line in lines if line.confidence >= LEAST_CONFIDENCE])
    segments = (words_of_line(line) for line in legible)
    return OcrPage(alignment, tuple(words for words in segments if words))


def _correction(alignment: Alignment, quads: Sequence[Quad]) -> Alignment:
    """What the shapes of the detected boxes say about the alignment estimated from projections."""
    long = [quad for quad in quads if max(_aspect(quad), 1 / _aspect(quad)) >= 2.5]
    if not long:
        return alignment
    tall_length = sum(quad_size(quad)[1] for quad in long if _is_tall(quad))
    wide = [quad for quad in long if not _is_tall(quad)]
    wide_length = sum(quad_size(quad)[0] for quad in wide)
    if tall_length > 1.5 * wide_length:
        return Alignment(alignment.width, alignment.height, (alignment.rotation + 90) % 180)
    angles = [_tilt(quad) for quad in wide]
    residual = statistics.median(angles) if len(angles) >= 3 else 0.0
    if abs(residual) < _RESIDUAL_SKEW:
        return alignment
    return Alignment(alignment.width, alignment.height, alignment.rotation, alignment.skew + residual)


def _aspect(quad: Quad) -> float:
    width, height = quad_size(quad)
    return height / width


def _is_tall(quad: Quad) -> bool:
    return _aspect(quad) >= _TALL


def _tilt(quad: Quad) -> float:
    """Clockwise tilt of a wide box in degrees."""
    along = (quad[1] - quad[0]) + (quad[2] - quad[3])
    return float(np.degrees(np.arctan2(along[1], along[0])))


def _level(quad: Quad) -> Quad:
    """The box begun at the corner where reading begins: a tall box is read from top to bottom."""
    return np.roll(quad, -1, axis=0) if _is_tall(quad) else quad


def _half_turned(quad: Quad) -> Quad:
    return np.roll(quad, -2, axis=0)


def _longest(quads: Sequence[Quad]) -> list[int]:
    """Indices of the boxes that hold most characters, which tell most about the direction of reading."""
    by_length = sorted(range(len(quads)), key=lambda i: min(_aspect(quads[i]), 1 / _aspect(quads[i])))
    return by_length[:_SAMPLE_LINES]


def _better_direction(
    line: RecognisedLine, quad: Quad, upright: RgbImage, reader: TextReader
) -> RecognisedLine:
    """A tall box that reads badly downwards may run upwards."""
    if not _is_tall(quad) or line.confidence >= _READS_WELL:
        return line
    (upwards,) = reader.recognise(upright, [_half_turned(_level(quad))])
    return max(line, upwards, key=lambda candidate: candidate.confidence)


def _mean_confidence(lines: Iterable[RecognisedLine]) -> float:
    return statistics.fmean(line.confidence for line in lines)
