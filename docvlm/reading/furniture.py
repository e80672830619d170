"""What stands on pages and is not their text: running heads and feet, page numbers, stamps of downloads.

docling calls it "furniture". Where nothing shows that a line is furniture, it is text: a page keeps its
letterhead, its title and the number of an invoice.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from docvlm.imageops import Alignment
from docvlm.types import Box, Line, Reading

_MARGIN = 0.12
"""Share of the written height, from its top and from its foot, in which furniture stands."""
_HEAD_ROWS, _FOOT_ROWS = 2, 3
_FEWEST_LETTERS = 3
"""A row that comes again on other pages is a running head only with so many letters."""
_SAME_HEIGHT = 0.03
"""Of the written height, by which a running head may stand higher or lower on another page."""
_REPEATED_SHARE = 1 / 3
_TEXT_ROWS, _TEXT_LETTERS = 12, 30
"""A page of running text has at least so many rows of so many characters."""
_APART = 1.0
"""Heights of a row between a number and what else stands in a running head."""

# As they are written, below a hundred: CV, CIVIL and Li are words.
_ROMAN = r"(?:xl|l?x{0,3})(?:ix|iv|v?i{0,3})"
_NUMBER = rf"(?:\d{{1,3}}|(?-i:(?=[ivxl]){_ROMAN}|(?=[IVXL]){_ROMAN.upper()}))"
_PAGE_WORD = r"(?:page|seite|pagina|página|side|sida|strona|p\.|s\.|pg\.?)"
_PAGE_NUMBER = re.compile(
    rf"[\[(–—-]?\s*(?:{_PAGE_WORD}\s*)?{_NUMBER}(?:\s*(?:/|of|von|de|di|van|av|z)\s*\d{{1,4}})?\s*[\])–—-]?",
    re.IGNORECASE,
)
_SHORT_NUMBER = re.compile(rf"\d{{1,3}}|(?=[ivxl]{{2}}){_ROMAN}|(?=[IVXL]{{2}}){_ROMAN.upper()}")
_STAMP = re.compile(
    r"\W*(?:(?:downloaded|download\s+date|date\s+of\s+download|accessed|retrieved)\b.*\d|digiti[sz]ed\s+by\b)",
    re.IGNORECASE,
)


_INTEGER = re.compile(r"(?<![\d.,:])\d{1,4}(?![\d.,:])")


@dataclass(frozen=True, slots=True)
class _Row:
    """Lines of a page that stand beside each other, from left to right.

    Attributes:
        place: 0 at the top of what is written on the page, 1 at its foot.
    """

    page: int
    lines: tuple[tuple[Line, Box], ...]
    place: float

    @property
    def text(self) -> str:
        return " ".join(line.text for line, _ in self.lines)

    @property
    def keys(self) -> frozenset[str]:
        """The text as other pages have it: the same, or with the number of the page counting on in it."""
        text = self.text.casefold()
        found = list(_INTEGER.finditer(text))
        counting = (
            f"{text[: one.start()]}#{int(one.group()) - self.page}{text[one.end() :]}"
            for one in (found[:1] + found[-1:])
        )
        return frozenset((text, *counting))


def bodies_of(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """The pages of one document without their furniture; the more pages, the more of it can be told."""
    edges = [_edge_rows(reading) for reading in readings]
    repeated = _repeated([row for rows in edges for row in rows], len(edges))
    bodies = []
    for reading, rows in zip(readings, edges, strict=True):
        is_text = _is_text(reading)
        furniture = [row for row in rows if row in repeated or _is_furniture(row, is_text and row is rows[0])]
        bodies.append(_without(reading, furniture))
    return tuple(bodies)


def _is_furniture(row: _Row, is_above_text: bool) -> bool:
    if _STAMP.match(row.text) or _PAGE_NUMBER.fullmatch(row.text):
        return True
    return is_above_text and row.place < _MARGIN and _has_number_apart(row)


def _has_number_apart(row: _Row) -> bool:
    """Whether a row begins or ends with a page number that stands apart, as running heads do."""
    words = [(word.text, word.box) for line, _ in row.lines for word in line.words]
    if len(words) < 2:
        return False
    ends = ((words[0], words[1]), (words[-1], words[-2]))
    return any(
        _SHORT_NUMBER.fullmatch(number) is not None
        and max(box.x0 - beside.x1, beside.x0 - box.x1) > _APART * box.height
        for (number, box), (_, beside) in ends
    )


def _repeated(rows: Sequence[_Row], pages: int) -> frozenset[_Row]:
    """The rows that stand at the same height of enough pages.

    Where such a row comes first it stays, so that a letterhead over every page is said once.
    """
    places: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        if sum(letter.isalpha() for letter in row.text) >= _FEWEST_LETTERS:
            for key in row.keys:
                places[key].append(row)
    wanted = max(2, round(_REPEATED_SHARE * pages))
    return frozenset(
        row
        for alike in places.values()
        if len({row.page for row in alike}) >= wanted
        for number, row in enumerate(alike)
        if any(
            before.page != row.page and abs(before.place - row.place) <= _SAME_HEIGHT
            for before in alike[:number]
        )
    )


def _edge_rows(reading: Reading) -> tuple[_Row, ...]:
    """The first and last rows of a page that stand near its edges, from the top."""
    upright = Alignment.of(reading)
    lines = [
        (line, Box.around(upright.to_upright(word.box) for word in line.words))
        for line in reading.lines
        if line.words
    ]
    if not lines:
        return ()
    top = min(box.y0 for _, box in lines)
    height = max(1.0, max(box.y1 for _, box in lines) - top)
    groups: list[list[tuple[Line, Box]]] = []
    for line, box in sorted(lines, key=lambda one: one[1].y0 + one[1].y1):
        middle = (box.y0 + box.y1) / 2
        if groups and groups[-1][-1][1].y0 < middle < groups[-1][-1][1].y1:
            groups[-1].append((line, box))
        else:
            groups.append([(line, box)])
    rows = [
        _Row(
            reading.page_number,
            tuple(sorted(group, key=lambda one: one[1].x0)),
            (sum(box.y0 + box.y1 for _, box in group) / (2 * len(group)) - top) / height,
        )
        for group in groups
    ]
    head = [row for row in rows[:_HEAD_ROWS] if row.place < _MARGIN]
    foot = [row for row in rows[len(head) :][-_FOOT_ROWS:] if row.place > 1 - _MARGIN]
    return (*head, *foot)


def _is_text(reading: Reading) -> bool:
    return sum(len(line.text) >= _TEXT_LETTERS for line in reading.lines) >= _TEXT_ROWS


def _without(reading: Reading, furniture: Sequence[_Row]) -> Reading:
    gone = {id(line) for row in furniture for line, _ in row.lines}
    return replace(reading, lines=tuple(line for line in reading.lines if id(line) not in gone))
