"""Labels of lines: what a person says stands there; a page whose lines are all checked has a transcript."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from docvlm.store import Label
from docvlm.types import Box, Reading

_LINE_NAME = re.compile(r"line [1-9]\d* of page ([1-9]\d*)")


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """One line of a page. ``read`` is what the reader found, ``text`` what a person says of it.

    ``name`` is that of its label. ``text`` is empty where there is no line, ``confidence`` that of the word
    that the reader was least sure of, 1 once the line is checked.
    """

    name: str
    page: int
    box: Box
    read: str
    text: str
    confidence: float
    is_checked: bool


def line_name(number: int, page: int) -> str:
    """The name of a line's label; both count from 1, lines in reading order."""
    return f"line {number} of page {page}"


def is_line_name(name: str) -> bool:
    """Whether a label of this name is of a single line, and no transcript of its own."""
    return page_of_line(name) is not None


def page_of_line(name: str) -> int | None:
    """The page of the line whose label has this name, None where it is not of a line."""
    match = _LINE_NAME.fullmatch(name)
    return None if match is None else int(match[1])


def transcript_name(page: int) -> str:
    """The name of the label that holds a whole page's text."""
    return f"text of page {page}"


def checked_lines(reading: Reading, labels: Mapping[str, Label]) -> tuple[CheckedLine, ...]:
    """The lines of a page with a person's labels, by name, over what was read."""
    lines = []
    for number, line in enumerate(reading.lines, start=1):
        label = labels.get(line_name(number, reading.page_number))
        lines.append(
            CheckedLine(
                name=line_name(number, reading.page_number),
                page=reading.page_number,
                box=line.box,
                read=line.text,
                text=line.text if label is None else label.value or "",
                confidence=min(word.confidence for word in line.words) if label is None else 1.0,
                is_checked=label is not None,
            )
        )
    return tuple(lines)


def transcript(lines: tuple[CheckedLine, ...]) -> str | None:
    """The page's text, one line a row; None while a line is not checked.

    A page that is half checked would pass what the reader misread for what a person says.
    """
    if not lines or not all(line.is_checked for line in lines):
        return None
    return "\n".join(line.text for line in lines if line.text)
