"""Reading order: columns are found where a gutter parts running text, everything else is read in rows.

A recursive X-Y cut (Nagy & Seth, "Hierarchical representation of optically scanned documents", ICPR 1984)
that cuts a gutter only where both sides are text of their own. Tables, forms and receipts have gutters
too, but there a row must stay a row.
"""

from __future__ import annotations

import itertools
import statistics
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from docvlm.types import Box, Line, Word

_SAME_LINE_GAP = 1.2  # of the line height: segments closer than this are one line
_SPLIT_GAP = 2.0  # of the line height: words further apart are two segments
_MIN_GUTTER = 0.8  # of the median line height
_FOOTER_GAP = 0.9  # of the median line height
_PARAGRAPH_GAP = 0.45  # of the median line height: so much more white than usual begins a new block
_LEADING = 1.2  # of the line height: more white between most lines is a form's, not running text's


@dataclass(frozen=True, slots=True)
class Segment:
    """Words on one baseline without a wide gap: the piece that ordering moves about whole."""

    words: tuple[Word, ...]
    font_size: float | None = None
    bold: bool = False

    @property
    def box(self) -> Box:
        return Box.around(word.box for word in self.words)

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


def arrange(segments: Sequence[Segment]) -> tuple[Line, ...]:
    """Lines in reading order, blocks numbered from 0. Every word given comes back exactly once.

    Boxes must be those of the upright page. Text that runs along the other side of the page comes last.
    """
    pieces = [piece for segment in segments for piece in _split_at_gaps(segment)]
    level = [_Piece(piece) for piece in pieces if not _is_sideways(piece)]
    sideways = [piece for piece in pieces if _is_sideways(piece)]
    if not level:
        return tuple(_line(piece, block) for block, piece in enumerate(sideways))
    em = statistics.median(piece.box.height for piece in level)
    blocks = _cut(level, em)
    blocks.extend([[[_Piece(piece)]] for piece in sideways])
    return tuple(
        line for number, rows in enumerate(blocks) for row in rows for line in _lines_of_row(row, number)
    )


class _Piece:
    """A segment with its box worked out once."""

    __slots__ = ("box", "segment")

    def __init__(self, segment: Segment) -> None:
        self.segment = segment
        self.box = segment.box


_Row = list[_Piece]
_Block = list[_Row]


def _is_sideways(segment: Segment) -> bool:
    box = segment.box
    return len(segment.text) >= 4 and box.height > 1.5 * box.width


def _split_at_gaps(segment: Segment) -> list[Segment]:
    groups: list[list[Word]] = [[segment.words[0]]]
    for before, word in itertools.pairwise(segment.words):
        height = min(before.box.height, word.box.height)
        gap = max(word.box.x0 - before.box.x1, before.box.x0 - word.box.x1)
        if gap > _SPLIT_GAP * height and not _is_sideways(segment):
            groups.append([])
        groups[-1].append(word)
    return [Segment(tuple(group), segment.font_size, segment.bold) for group in groups]


def _cut(pieces: list[_Piece], em: float) -> list[_Block]:
    """Blocks of rows in reading order."""
    bands = _bands(pieces)
    blocks: list[_Block] = []
    start = 0
    rows_only: list[_Piece] = []
    while start < len(bands):
        found = _columns_from(bands, start, em)
        if found is None:
            rows_only.extend(bands[start])
            start += 1
            continue
        end, columns = found
        blocks.extend(_row_blocks(rows_only, em))
        rows_only = []
        for column in columns:
            blocks.extend(_cut(column, em))
        start = end
    blocks.extend(_row_blocks(rows_only, em))
    return blocks


def _bands(pieces: Sequence[_Piece]) -> list[list[_Piece]]:
    """Pieces grouped so that no two groups share a height; top to bottom."""
    bands: list[list[_Piece]] = []
    bottom = float("-inf")
    for piece in sorted(pieces, key=lambda piece: piece.box.y0):
        slack = 0.2 * piece.box.height
        if piece.box.y0 + slack >= bottom:
            bands.append([])
        bands[-1].append(piece)
        bottom = max(bottom, piece.box.y1 - slack)
    return bands


def _columns_from(
    bands: Sequence[list[_Piece]], start: int, em: float
) -> tuple[int, list[list[_Piece]]] | None:
    """The longest run of bands from ``start`` that gutters part into texts of their own.

    Returns the end of the run and its columns in reading order; captions set into a gutter come last.
    """
    pieces = [piece for band in bands[start:] for piece in band]
    run: list[_Piece] = []
    insets: list[_Piece] = []
    white = [(float("-inf"), float("inf"))]
    gutters: list[tuple[float, float]] = []
    end = start
    for band in bands[start:]:
        if gutters and _stands_apart(band, run, gutters, em):
            break
        kept, set_aside = band, list[_Piece]()
        parted = _white_left(white, kept, em)
        still = _inner(parted, [*run, *kept])
        if gutters and not still:
            set_aside = [piece for piece in band if _is_inset(piece, pieces, em)]
            kept = [piece for piece in band if piece not in set_aside]
            parted = _white_left(white, kept, em)
            still = _inner(parted, [*run, *kept])
            if not still:
                break
        white, gutters = parted, still
        run.extend(kept)
        insets.extend(set_aside)
        end += 1
    columns = _split(run, gutters)
    if len(columns) < 2 or not _are_texts_of_their_own(columns):
        return None
    return end, [*columns, insets] if insets else columns


def _stands_apart(
    band: Sequence[_Piece], run: Sequence[_Piece], gutters: Sequence[tuple[float, float]], em: float
) -> bool:
    """Whether a band lies well below the columns and on one side only, as a footer does."""
    white = min(piece.box.y0 for piece in band) - max(piece.box.y1 for piece in run)
    return white > _FOOTER_GAP * em and len(_split(band, gutters)) == 1


def _white_left(
    white: Sequence[tuple[float, float]], band: Sequence[_Piece], em: float
) -> list[tuple[float, float]]:
    return [part for stretch in white for part in _free_parts(stretch, band, em)]


def _is_inset(piece: _Piece, pieces: Sequence[_Piece], em: float) -> bool:
    """Whether text stands close by on both sides of a piece, as beside a caption set into a gutter.

    A heading above columns has white below it instead.
    """
    reach = 0.25 * em
    level = [
        other
        for other in pieces
        if other.box.y0 < piece.box.y1 + reach and other.box.y1 > piece.box.y0 - reach
    ]
    left = any(other.box.x1 < piece.box.x0 for other in level)
    return left and any(other.box.x0 > piece.box.x1 for other in level)


def _free_parts(gutter: tuple[float, float], band: Sequence[_Piece], em: float) -> list[tuple[float, float]]:
    """What a band leaves white of a stretch of x, where wide enough for a gutter."""
    free = []
    left = gutter[0]
    for piece in sorted(band, key=lambda piece: piece.box.x0):
        right = min(piece.box.x0, gutter[1])
        if right - left >= _MIN_GUTTER * em:
            free.append((left, right))
        left = max(left, piece.box.x1)
        if left >= gutter[1]:
            return free
    if gutter[1] - left >= _MIN_GUTTER * em:
        free.append((left, gutter[1]))
    return free


def _inner(gutters: Sequence[tuple[float, float]], run: Sequence[_Piece]) -> list[tuple[float, float]]:
    """The gutters that have print on both sides."""
    left = min(piece.box.x0 for piece in run)
    right = max(piece.box.x1 for piece in run)
    return [gutter for gutter in gutters if gutter[0] >= left and gutter[1] <= right]


def _split(run: Sequence[_Piece], gutters: Sequence[tuple[float, float]]) -> list[list[_Piece]]:
    edges = [(gutter[0] + gutter[1]) / 2 for gutter in sorted(gutters)]
    columns: list[list[_Piece]] = [[] for _ in range(len(edges) + 1)]
    for piece in run:
        columns[sum(piece.box.center[0] > edge for edge in edges)].append(piece)
    return [column for column in columns if column]


def _are_texts_of_their_own(columns: Sequence[Sequence[_Piece]]) -> bool:
    """Whether columns are running text side by side rather than the cells of rows.

    Where rows line up across the gutter, each side must look like sentences or address lines, since
    labels with values and table cells line up too. Lines set wide apart are rows of a form.
    """
    sides = [_rows(column) for column in columns]
    if min(len(rows) for rows in sides) < 2 or not all(_is_set_tight(rows) for rows in sides):
        return False
    lined_up = min(_share_lined_up(left, right) for left, right in itertools.pairwise(sides))
    words_needed = 2.5 if lined_up > 0.6 else 1.5
    return all(_is_running_text(rows, words_needed) for rows in sides)


def _share_lined_up(left: Sequence[_Row], right: Sequence[_Row]) -> float:
    """Share of the shorter side's rows that have a row of the same height opposite."""
    shorter, longer = sorted((left, right), key=len)
    boxes = [Box.around(piece.box for piece in row) for row in longer]
    hits = 0
    for row in shorter:
        box = Box.around(piece.box for piece in row)
        hits += any(abs(box.center[1] - other.center[1]) < 0.5 * box.height for other in boxes)
    return hits / len(shorter)


def _is_set_tight(rows: Sequence[_Row]) -> bool:
    """Whether most rows of at least two follow each other as lines of one text do."""
    boxes = [Box.around(piece.box for piece in row) for row in rows]
    white = [
        (below.y0 - above.y1) / min(above.height, below.height) for above, below in itertools.pairwise(boxes)
    ]
    return statistics.median(white) < _LEADING


def _is_running_text(rows: Sequence[_Row], words_needed: float) -> bool:
    words = [word.text for row in rows for piece in row for word in piece.segment.words]
    letters = sum(character.isalpha() for text in words for character in text)
    characters = sum(len(text) for text in words)
    labels = sum(row[-1].segment.text.rstrip().endswith(":") for row in rows)
    # Scripts written without spaces count by characters.
    unspaced = sum(_is_unspaced(character) for text in words for character in text)
    word_count = len(words) + unspaced / 2
    return (
        word_count / len(rows) >= words_needed and letters >= 0.6 * characters and labels <= 0.4 * len(rows)
    )


def _is_unspaced(character: str) -> bool:
    return "぀" <= character <= "鿿" or "가" <= character <= "힯"


def _rows(pieces: Sequence[_Piece]) -> list[_Row]:
    """Pieces whose middles share a height, left to right; rows top to bottom."""
    rows: list[_Row] = []
    for piece in sorted(pieces, key=lambda piece: piece.box.center[1]):
        if rows and _shares_row(rows[-1], piece):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    for row in rows:
        row.sort(key=lambda piece: piece.box.x0)
        if reads_right_to_left(piece.segment.text for piece in row):
            row.reverse()
    return rows


def _shares_row(row: Sequence[_Piece], piece: _Piece) -> bool:
    """Whether a piece stands on the row of its nearest neighbour without lying over any of it."""
    near = min(row, key=lambda other: _distance(other.box, piece.box))
    overlap = min(near.box.y1, piece.box.y1) - max(near.box.y0, piece.box.y0)
    if overlap < 0.5 * min(near.box.height, piece.box.height):
        return False
    return all(
        _distance(other.box, piece.box) > -0.5 * min(other.box.width, piece.box.width) for other in row
    )


def _distance(first: Box, second: Box) -> float:
    """White between two boxes along x; negative where they overlap."""
    return max(first.x0, second.x0) - min(first.x1, second.x1)


def _row_blocks(pieces: Sequence[_Piece], em: float) -> list[_Block]:
    """Rows, with a new block wherever the white above a row is clearly more than usual."""
    rows = _rows(pieces)
    if not rows:
        return []
    boxes = [Box.around(piece.box for piece in row) for row in rows]
    white = [below.y0 - above.y1 for above, below in itertools.pairwise(boxes)]
    usual = statistics.median(white) if len(white) >= 3 else 0.0
    blocks = [[rows[0]]]
    for row, above in zip(rows[1:], white, strict=True):
        if above > max(0.0, usual) + _PARAGRAPH_GAP * em:
            blocks.append([])
        blocks[-1].append(row)
    return blocks


def _lines_of_row(row: Sequence[_Piece], block: int) -> list[Line]:
    """Neighbours in a row that a normal space parts are one line."""
    merged: list[list[_Piece]] = []
    for piece in row:
        if merged:
            before = merged[-1][-1].box
            if _distance(before, piece.box) <= _SAME_LINE_GAP * min(before.height, piece.box.height):
                merged[-1].append(piece)
                continue
        merged.append([piece])
    return [_line(_joined([piece.segment for piece in pieces]), block) for pieces in merged]


def _joined(segments: Sequence[Segment]) -> Segment:
    words = tuple(word for segment in segments for word in segment.words)
    sizes = [segment.font_size for segment in segments if segment.font_size is not None]
    return Segment(words, max(sizes, default=None), all(segment.bold for segment in segments))


def _line(segment: Segment, block: int) -> Line:
    return Line(segment.words, block, segment.font_size, segment.bold)


def reads_right_to_left(texts: Iterable[str]) -> bool:
    """Whether most letters are of a script such as Hebrew or Arabic."""
    directions = [unicodedata.bidirectional(character) for text in texts for character in text]
    right = sum(direction in ("R", "AL") for direction in directions)
    return right > sum(direction == "L" for direction in directions)
