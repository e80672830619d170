"""Whether a value's boxes lie where the value stands."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from docvlm.types import Box, Word


def overlap_share(found: Sequence[Box], right: Sequence[Box]) -> float:
    """Intersection over union of two sets of boxes, each taken as one area, in [0, 1].

    The measure of Everingham et al., "The Pascal Visual Object Classes Challenge", IJCV 2010, section 4.2,
    for evidence of several lines. 0 where either has no area.
    """
    together = _area([*found, *right])
    common = _area(found) + _area(right) - together
    return max(0.0, common) / together if together > 0 else 0.0


def _area(boxes: Sequence[Box]) -> float:
    """The area that at least one box covers: a grid along all edges, each cell counted once."""
    columns = sorted({edge for box in boxes for edge in (box.x0, box.x1)})
    rows = sorted({edge for box in boxes for edge in (box.y0, box.y1)})
    return sum(
        (right - left) * (bottom - top)
        for left, right in itertools.pairwise(columns)
        for top, bottom in itertools.pairwise(rows)
        if any(box.x0 <= left and right <= box.x1 and box.y0 <= top and bottom <= box.y1 for box in boxes)
    )


def words_under(boxes: Sequence[Box], words: Iterable[Word]) -> tuple[Word, ...]:
    """The words whose centres lie in one of the boxes, in the order given."""
    return tuple(word for word in words if any(_holds(box, word) for box in boxes))


def _holds(box: Box, word: Word) -> bool:
    x, y = word.box.center
    return box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1
