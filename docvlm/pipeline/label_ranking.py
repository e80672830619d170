"""In which order documents are best labelled, so that ten labels go far.

Two things count: the model is unsure of a document (uncertainty sampling: Lewis and Gale, "A sequential
algorithm for training text classifiers", 1994), and it is unlike all that is labelled already (greedy
k-center: Sener and Savarese, "Active learning for convolutional neural networks: a core-set approach",
arXiv 1708.00489), so that ten picks are ten different layouts and not ten receipts of one shop.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from docvlm.types import Reading

FEATURES = 2048
NGRAM = 4
LEAST_DISTANCE = 0.01
"""Of a twin of a labelled document: among twins the doubt still decides."""

_NO_WORDS = 1e-6
"""What a document that shares no word with any other weighs as a typical one."""

TextFeatures = npt.NDArray[np.float32]
"""A vector of shape (FEATURES,) and length 1; of zeros where nothing was read."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A document that could be labelled next.

    Attributes:
        key: tells documents apart and decides between equal ones; a hash of the content.
        doubt: how unsure the model is of it, from 0 to 1.
    """

    key: str
    features: TextFeatures
    doubt: float


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate in its place.

    Attributes:
        distance: how unlike it is to everything labelled or ranked before it, from 0 to 1.
        gain: what decided its place, from 0 to 1: doubt times distance.
    """

    key: str
    doubt: float
    distance: float
    gain: float


def rank_candidates(
    candidates: Sequence[Candidate], labelled: Sequence[TextFeatures] = (), limit: int | None = None
) -> tuple[Ranked, ...]:
    """The candidates, those from which most is to be learnt first; the same whatever order they come in.

    One after the other, the document with the greatest product of doubt and distance is taken; the distance
    is that to the nearest document that is labelled or was taken before.

    Args:
        labelled: the features of the documents that are labelled.
        limit: rank only this many.
    """
    waiting = sorted(candidates, key=lambda candidate: candidate.key)
    if not waiting:
        return ()
    features = np.stack([candidate.features for candidate in waiting])
    doubts = np.array([candidate.doubt for candidate in waiting])
    likeness = np.zeros(len(waiting))  # to the nearest document that is labelled or was taken
    if labelled:
        likeness = np.clip(features @ np.stack(labelled).T, 0, 1).max(axis=1)
    free = np.ones(len(waiting), bool)
    ranked: list[Ranked] = []
    for turn in range(len(waiting) if limit is None else min(limit, len(waiting))):
        distances = np.maximum(1 - likeness, LEAST_DISTANCE)
        gains = doubts * distances
        wanted = gains
        if not labelled and not turn:  # nothing is known: the most typical document, not the oddest
            wanted = gains * (np.clip(features @ features.mean(axis=0), 0, 1) + _NO_WORDS)
        best = int(np.argmax(np.where(free, wanted, -np.inf)))
        free[best] = False
        figures = float(doubts[best]), float(distances[best]), float(gains[best])
        ranked.append(Ranked(waiting[best].key, *figures))
        likeness = np.maximum(likeness, np.clip(features @ features[best], 0, 1))
    return tuple(ranked)


def text_features(readings: Sequence[Reading]) -> TextFeatures:
    """Hashed character n-grams of a document's words, digits made equal, as a unit vector.

    The n-grams of words are counted once a document (feature hashing: Weinberger et al., arXiv 0902.2206),
    so that long tables do not drown the letterhead that tells one sender from another. Digits say little:
    every receipt has others.
    """
    features = np.zeros(FEATURES, np.float32)
    for gram in {gram for reading in readings for word in reading.words for gram in _ngrams(word.text)}:
        hashed = zlib.crc32(gram.encode())
        features[hashed % FEATURES] += 1 if hashed >> 31 else -1
    features /= max(float(np.linalg.norm(features)), 1e-6)
    return features


def _ngrams(word: str) -> set[str]:
    folded = "".join("0" if character.isdigit() else character for character in f" {word.casefold()} ")
    return {folded[start : start + NGRAM] for start in range(max(1, len(folded) - NGRAM + 1))}
