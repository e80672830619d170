"""Pictures much longer than wide, such as a screenshot of a whole web page, in pieces of a page's shape.

Reduced to what the detector takes, their print would be too small to be found.
"""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

from docvlm.imageops import ink_mask, to_gray
from docvlm.types import RgbImage

_PAGE_SHAPE = 3.0  # long side / short side up to which a picture is looked at as a whole
_STRETCH = 1.5  # length / short side of a piece
_SHORTEST = 1280  # pixels
_GIVE = 0.25  # of the length, by which a cut is moved to where there is no print


def stretches(image: RgbImage, whole: int) -> list[tuple[int, int]]:
    """Where the pieces begin and end along the picture's long side; one for the most part.

    Args:
        whole: pixels of the long side up to which a picture stays whole.
    """
    height, width = image.shape[:2]
    longest, shortest = max(height, width), min(height, width)
    if longest <= max(whole, _PAGE_SHAPE * shortest):
        return [(0, longest)]
    length = max(_SHORTEST, round(_STRETCH * shortest))
    ink = np.count_nonzero(ink_mask(to_gray(image)), axis=1 if height > width else 0)
    edges = [0]
    while longest - edges[-1] > (1 + _GIVE) * length:
        first, last = (edges[-1] + round((1 + give) * length) for give in (-_GIVE, _GIVE))
        edges.append(first + _middle_of_white(ink[first:last]))
    edges.append(longest)
    return list(itertools.pairwise(edges))


def _middle_of_white(ink: npt.NDArray[np.int64]) -> int:
    """The middle of the widest run of rows with least ink."""
    least = np.concatenate([[False], ink == ink.min(), [False]]).astype(np.int8)
    changes = np.diff(least)
    begins, ends = np.flatnonzero(changes == 1), np.flatnonzero(changes == -1)
    widest = int(np.argmax(ends - begins))
    return int(begins[widest] + ends[widest]) // 2
