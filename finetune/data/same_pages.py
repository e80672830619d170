"""Pages that are one page twice: scanned again, photographed again, or saved in another form.

Two receipts of one shop look alike and share most words; what tells them apart are dates, numbers and
amounts, so these decide.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from sys import intern

import imagehash
from scipy.cluster.hierarchy import DisjointSet

from finetune.data.folding import fold_characters

SAME_WORDS = 0.8
"""Words in common, over the words of both (Jaccard), from which two pages are one by their text alone; the
words with digits alone must share as much in any case."""
ALIKE_WORDS = 0.6
"""The same where the pictures must be alike too: OCR reads a bad copy otherwise."""
ALIKE_PICTURES = 8
"""Bits of 64 in which the perceptual hashes (ImageHash ``phash``) of two pictures of one page may differ."""
FEWEST_WORDS = 8
"""With fewer, the text alone does not say that two pages are one."""

PictureHash = Callable[["PageText"], imagehash.ImageHash | None]
"""The perceptual hash of a page's picture, asked for only where words do not decide; None without one."""

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class PageText:
    """What a page says. ``document`` is the document's place among all, ``number`` counts from 1."""

    document: int
    number: int
    words: frozenset[str]
    numbers: frozenset[str]

    @staticmethod
    def of(document: int, number: int, text: str) -> PageText:
        words = frozenset(intern(fold_characters(word)) for word in text.split())
        return PageText(document, number, words, frozenset(filter(_has_digit, words)))


def same_pages(pages: Sequence[PageText], picture_hash: PictureHash) -> list[list[PageText]]:
    """The pages, each with those of other documents that are the same one.

    Only pages that share one of their rarest words are compared: of two sets with a Jaccard similarity of at
    least ``t`` the rarest ``1 - t`` of both have one in common (prefix filtering: Bayardo, Ma and Srikant,
    "Scaling up all pairs similarity search", 2007). So a thousand documents take seconds.
    """
    same = DisjointSet(range(len(pages)))
    for one, other in _candidates(pages):
        if not same.connected(one, other) and _same(pages[one], pages[other], picture_hash):
            same.merge(one, other)
    return [[pages[index] for index in sorted(group)] for group in same.subsets()]


def _candidates(pages: Sequence[PageText]) -> Iterator[tuple[int, int]]:
    """Pairs of indices that may be the same page; none that is is missing, some come twice."""
    known = Counter(word for page in pages for word in page.words)
    earlier: dict[str, list[int]] = defaultdict(list)
    for index, page in enumerate(pages):
        rarest = _rarest(page, known)
        for word in rarest:
            for other in earlier[word]:
                if pages[other].document != page.document:
                    yield other, index
        for word in rarest:
            earlier[word].append(index)


def _rarest(page: PageText, known: Counter[str]) -> list[str]:
    """Of the words with digits, or of all where none has one; pages without words have the empty one."""
    words, least = (page.numbers, SAME_WORDS) if page.numbers else (page.words, ALIKE_WORDS)
    if not words:
        return [""]
    kept = len(words) - ceil(least * len(words) - _ROUNDING) + 1
    return sorted(words, key=lambda word: (known[word], word))[:kept]


def _same(one: PageText, other: PageText, picture_hash: PictureHash) -> bool:
    if shared(one.numbers, other.numbers) < SAME_WORDS:
        return False
    alike = shared(one.words, other.words)
    if alike >= SAME_WORDS and min(len(one.words), len(other.words)) >= FEWEST_WORDS:
        return True
    if alike < ALIKE_WORDS:
        return False
    hashes = picture_hash(one), picture_hash(other)
    return hashes[0] is not None and hashes[1] is not None and hashes[0] - hashes[1] <= ALIKE_PICTURES


def shared(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard similarity; 1 for two empty sets."""
    return len(one & other) / len(one | other) if one or other else 1.0


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word))
