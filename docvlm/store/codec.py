"""The shapes of the JSON columns. Every pair is exact: what is decoded equals what was encoded.

A box is ``[x0, y0, x1, y1]``, a word ``[text, x0, y0, x1, y1, confidence]``, a token of a reply
``[text, probability, forced]``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from docvlm.types import Box, CheckResult, Line, TokenStep, Word


def encode_box(box: Box) -> list[float]:
    # float() because readers hand over NumPy scalars, which json refuses.
    return [float(box.x0), float(box.y0), float(box.x1), float(box.y1)]


def decode_box(data: list[float]) -> Box:
    return Box(*data)


def encode_boxes(boxes: Iterable[Box]) -> list[list[float]]:
    return [encode_box(box) for box in boxes]


def decode_boxes(data: list[list[float]]) -> tuple[Box, ...]:
    return tuple(Box(*item) for item in data)


def encode_lines(lines: Iterable[Line]) -> list[dict[str, Any]]:
    return [
        {
            "words": [[word.text, *encode_box(word.box), float(word.confidence)] for word in line.words],
            "block": int(line.block),
            "font_size": None if line.font_size is None else float(line.font_size),
            "bold": bool(line.bold),
        }
        for line in lines
    ]


def decode_lines(data: list[dict[str, Any]]) -> tuple[Line, ...]:
    return tuple(
        Line(
            words=tuple(
                Word(text, Box(x0, y0, x1, y1), confidence)
                for text, x0, y0, x1, y1, confidence in line["words"]
            ),
            block=line["block"],
            font_size=line["font_size"],
            bold=line["bold"],
        )
        for line in data
    )


def encode_checks(checks: Iterable[CheckResult]) -> list[dict[str, Any]]:
    return [
        {"name": check.name, "passed": check.passed, "message": check.message, "fields": list(check.fields)}
        for check in checks
    ]


def decode_checks(data: list[dict[str, Any]]) -> tuple[CheckResult, ...]:
    return tuple(
        CheckResult(item["name"], item["passed"], item["message"], tuple(item["fields"])) for item in data
    )


def encode_tokens(tokens: Iterable[TokenStep]) -> list[list[Any]]:
    return [
        [token.text, None if token.probability is None else float(token.probability), bool(token.forced)]
        for token in tokens
    ]


def decode_tokens(data: list[list[Any]]) -> tuple[TokenStep, ...]:
    return tuple(TokenStep(text, probability, forced) for text, probability, forced in data)


def encode_timings(timings: Iterable[tuple[str, float]]) -> list[list[Any]]:
    return [[step, float(seconds)] for step, seconds in timings]


def decode_timings(data: list[list[Any]]) -> tuple[tuple[str, float], ...]:
    return tuple((step, seconds) for step, seconds in data)
