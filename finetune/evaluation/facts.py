"""Facts about the text of a page, as in olmOCR-bench: this stands there, that does not, one before the other.

The definitions are those of the benchmark of Poznanski et al., "olmOCR: Unlocking Trillions of Tokens in PDFs
with Vision Language Models", 2025: similarity is ``rapidfuzz.fuzz``'s, and a text of n characters may
differ in ``max_diffs`` of them. Formulas are not rendered: their LaTeX must stand in the text, white space
aside.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import fuzz

from docvlm.reading import to_markdown
from docvlm.types import Reading

_LETTERS = str.maketrans({
    "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "＿": "_", "–": "-", "—": "-", "‑": "-",
    "‒": "-", "−": "-", "µ": "μ",
})  # fmt: skip
_LOOSEST_CELL = 0.5
_BESIDE = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}
SIDES = (*_BESIDE, "top_heading", "left_heading")
"""Where a cell's neighbours stand."""

_TABLE_RULE = re.compile(r"^\|?(\s*:?-+:?\s*\|)+\s*:?-*:?\s*$")


class FactKind(StrEnum):
    """What a fact says of a page's text."""

    PRESENT = "present"
    ABSENT = "absent"
    ORDER = "order"
    TABLE = "table"
    MATH = "math"
    BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact about page ``page`` (from 1).

    Attributes:
        text: what must (not) stand there, the earlier text, the cell, or the formula; unused for a baseline.
        after: the later text.
        beside: neighbours of the cell, each a side (``up``, ``down``, ``left``, ``right``, ``top_heading``
            for any cell above or ``left_heading`` for any before) and its text.
        first_characters, last_characters: look only there.
        longest: the most characters of a page that is to be blank; None: the page must not be blank.
    """

    name: str
    kind: FactKind
    page: int
    text: str = ""
    after: str = ""
    beside: tuple[tuple[str, str], ...] = ()
    max_diffs: int = 0
    case_sensitive: bool = True
    first_characters: int | None = None
    last_characters: int | None = None
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class FactResult:
    """Whether a fact holds for the text that was read."""

    name: str
    kind: FactKind
    holds: bool


def check_fact(fact: Fact, reading: Reading) -> bool:
    """Whether the fact holds: tables as docvlm writes them in markdown, all else in the text."""
    match fact.kind:
        case FactKind.PRESENT:
            return _stands_in(fact, reading.text)
        case FactKind.ABSENT:
            return not _stands_in(fact, reading.text)
        case FactKind.ORDER:
            return _is_before(fact, _plain(reading.text))
        case FactKind.TABLE:
            return any(_holds_cell(fact, table) for table in markdown_tables(to_markdown(reading)))
        case FactKind.MATH:
            return _without_white_space(fact.text) in _without_white_space(reading.text)
        case FactKind.BASELINE:
            length = len(reading.text.strip())
            return length > 0 if fact.longest is None else length <= fact.longest


def _plain(text: str) -> str:
    """NFC, single spaces, and quotation marks and dashes as on a keyboard."""
    return unicodedata.normalize("NFC", " ".join(text.split())).translate(_LETTERS)


def _without_white_space(text: str) -> str:
    return "".join(text.split())


def _stands_in(fact: Fact, text: str) -> bool:
    wanted, page = _plain(fact.text), _plain(text)
    if not fact.case_sensitive:
        wanted, page = wanted.casefold(), page.casefold()
    page = _part(page, fact.first_characters, fact.last_characters)
    if len(page) < len(wanted) - fact.max_diffs:
        return False
    return fuzz.partial_ratio(wanted, page) / 100 >= 1 - fact.max_diffs / max(1, len(wanted))


def _part(text: str, first: int | None, last: int | None) -> str:
    if first is None and last is None:
        return text
    return (text[:first] if first else "") + (text[-last:] if last else "")


def _is_before(fact: Fact, page: str) -> bool:
    """Whether some place of the earlier text begins before some place of the later one."""
    earlier = [start for start, _ in near_matches(_plain(fact.text), page, fact.max_diffs)]
    later = [start for start, _ in near_matches(_plain(fact.after), page, fact.max_diffs)]
    return bool(earlier and later) and min(earlier) < max(later)


def near_matches(wanted: str, text: str, most_edits: int) -> Iterator[tuple[int, int]]:
    """Start and end of every place in ``text`` that is ``wanted`` but for at most ``most_edits`` edits.

    Sellers' algorithm ("The theory and computation of evolutionary distances", 1980): the edit distance with
    a free beginning and end, the start of each best match carried along.
    """
    if not wanted:
        return
    costs, starts = list(range(len(wanted) + 1)), [0] * (len(wanted) + 1)
    for end, character in enumerate(text, start=1):
        diagonal, diagonal_start = costs[0], starts[0]
        costs[0], starts[0] = 0, end
        for row, letter in enumerate(wanted, start=1):
            best = min(
                (diagonal + (letter != character), diagonal_start),
                (costs[row] + 1, starts[row]),
                (costs[row - 1] + 1, starts[row - 1]),
                key=lambda option: option[0],
            )
            diagonal, diagonal_start = costs[row], starts[row]
            costs[row], starts[row] = best
        if costs[-1] <= most_edits:
            yield starts[-1], end


def markdown_tables(markdown: str) -> list[list[list[str]]]:
    """The tables of a markdown text as rows of cells, the rule below the head left out."""
    tables: list[list[list[str]]] = []
    inside = False
    for line in markdown.splitlines():
        is_row = line.lstrip().startswith("|")
        if is_row and not inside:
            tables.append([])
        inside = is_row
        if is_row and not _TABLE_RULE.match(line.strip()):
            cells = re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))
            tables[-1].append([_plain(re.sub(r"\\(.)", r"\1", cell)) for cell in cells])
    return tables


def _holds_cell(fact: Fact, table: Sequence[Sequence[str]]) -> bool:
    """Whether one cell of the table is the fact's and has all of its neighbours."""
    return any(
        _is_like(fact.text, cell, fact.max_diffs)
        and all(_has_beside(fact, table, row, column, side, text) for side, text in fact.beside)
        for row, cells in enumerate(table)
        for column, cell in enumerate(cells)
    )


def _has_beside(
    fact: Fact, table: Sequence[Sequence[str]], row: int, column: int, side: str, text: str
) -> bool:
    if side == "top_heading":
        cells = [cells[column] for cells in table[:row] if column < len(cells)]
    elif side == "left_heading":
        cells = list(table[row][:column])
    else:
        down, right = _BESIDE[side]
        beside = table[row + down] if 0 <= row + down < len(table) else ()
        cells = [beside[column + right]] if 0 <= column + right < len(beside) else []
    return any(_is_like(text, cell, fact.max_diffs) for cell in cells)


def _is_like(wanted: str, cell: str, max_diffs: int) -> bool:
    wanted = _plain(wanted)
    threshold = max(_LOOSEST_CELL, 1 - max_diffs / max(1, len(wanted)))
    return fuzz.ratio(wanted, cell) / 100 >= threshold
