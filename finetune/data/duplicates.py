"""Documents that are the same paper twice: scanned again, photographed again, or saved in another form.

They must stay on one side of a split, or what is learnt by heart passes for skill. Two receipts of one shop
look alike and share most words; what tells them apart are dates, numbers and amounts, so these decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import imagehash
from PIL import Image

from docvlm.errors import InputError
from finetune.data.documents import LabelledDocument
from finetune.data.folding import fold_characters
from finetune.data.readings import Readings

SAME_WORDS = 0.8
"""Words in common, over the words of both (Jaccard), from which two pages are one by their text alone; the
words with digits alone must share as much in any case."""
ALIKE_WORDS = 0.6
"""The same where the pictures must be alike too: OCR reads a bad copy otherwise."""
ALIKE_PICTURES = 8
"""Bits of 64 in which the perceptual hashes (ImageHash ``phash``) of two pictures of one page may differ."""

_FEWEST_WORDS = 8


def duplicate_groups(
    documents: Sequence[LabelledDocument], readings: Readings
) -> tuple[tuple[str, ...], ...]:
    """The hashes of documents that are the same, group by group; documents of their own are left out.

    Only first pages are compared. A document that cannot be read is a document of its own.
    """
    pages = [page for document in documents if (page := _FirstPage.of(document, readings)) is not None]
    leaders = {page.document.sha256: page.document.sha256 for page in pages}

    def leader(sha256: str) -> str:
        while leaders[sha256] != sha256:
            sha256 = leaders[sha256]
        return sha256

    for first, second in _pairs(pages):
        if _same(first, second, readings):
            leaders[leader(second.document.sha256)] = leader(first.document.sha256)
    groups: dict[str, list[str]] = {}
    for sha256 in leaders:
        groups.setdefault(leader(sha256), []).append(sha256)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def copies_of(
    known: Iterable[str], documents: Sequence[LabelledDocument], readings: Readings
) -> frozenset[str]:
    """The hashes of documents that are the same as one that is known by its hash alone.

    A known document that was never read on this machine, or whose readings are gone, has no copies.
    """
    hashes = frozenset(known)
    alone = [LabelledDocument(sha256, sha256, None) for sha256 in sorted(hashes)]
    groups = duplicate_groups([*alone, *documents], readings)
    same = {sha256 for group in groups if not hashes.isdisjoint(group) for sha256 in group}
    return frozenset(same) - hashes


@dataclass(frozen=True, slots=True)
class _FirstPage:
    document: LabelledDocument
    words: frozenset[str]
    numbers: frozenset[str]

    @staticmethod
    def of(document: LabelledDocument, readings: Readings) -> _FirstPage | None:
        try:
            text = readings.of(document)[0].text
        except InputError:
            return None
        words = frozenset(map(fold_characters, text.split()))
        numbers = frozenset(word for word in words if any(map(str.isdigit, word)))
        return _FirstPage(document, words, numbers)


def _pairs(pages: Sequence[_FirstPage]) -> Iterator[tuple[_FirstPage, _FirstPage]]:
    """The pairs whose words allow that they are the same."""
    for first, second in combinations(pages, 2):
        smaller, larger = sorted((len(first.words), len(second.words)))
        if smaller >= ALIKE_WORDS * larger and _shared(first.words, second.words) >= ALIKE_WORDS:
            yield first, second


def _same(first: _FirstPage, second: _FirstPage, readings: Readings) -> bool:
    if _shared(first.numbers, second.numbers) < SAME_WORDS:
        return False
    enough = min(len(first.words), len(second.words)) >= _FEWEST_WORDS
    if enough and _shared(first.words, second.words) >= SAME_WORDS:
        return True
    one, other = _picture_hash(first.document, readings), _picture_hash(second.document, readings)
    return one is not None and other is not None and one - other <= ALIKE_PICTURES


def _shared(first: frozenset[str], second: frozenset[str]) -> float:
    """Jaccard similarity; 1 for two empty sets."""
    return len(first & second) / len(first | second) if first or second else 1.0


def _picture_hash(document: LabelledDocument, readings: Readings) -> imagehash.ImageHash | None:
    try:
        image = readings.page(document, 1).image
    except InputError:
        return None
    return None if image is None else imagehash.phash(Image.fromarray(image))
