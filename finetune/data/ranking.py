"""Which documents to label next, so that ten labels go far.

Two things count: the model is unsure of a document (uncertainty sampling, Lewis and Gale 1994), and it is
unlike all that is labelled already (greedy k-center: Sener and Savarese, "Active learning for
convolutional neural networks: a core-set approach", arXiv 1708.00489), so that ten picks are ten different
layouts and not ten receipts of one shop.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from docvlm.store import Store
from docvlm.types import FieldValue, LineItems, Reading

FEATURES = 2048
NGRAM = 4
NEVER_EXTRACTED = 0.5
"""The doubt about a document that the model has not seen yet."""

Features = npt.NDArray[np.float32]
"""Unit vectors of shape (documents, FEATURES)."""


@dataclass(frozen=True, slots=True)
class RankedDocument:
    """A document to label.

    Attributes:
        doubt: how unsure the model is of it, from 0 to 1: one minus the mean confidence of its fields.
        distance: how unlike it is to everything labelled or ranked before it, from 0 to 1.
        gain: what decided its place, from 0 to 1.
    """

    sha256: str
    doubt: float
    distance: float
    gain: float


def rank_documents(
    unlabelled: Mapping[str, Sequence[Reading]],
    labelled: Sequence[Sequence[Reading]] = (),
    confidence: Mapping[str, float] | None = None,
    limit: int | None = None,
) -> tuple[RankedDocument, ...]:
    """The unlabelled documents, those from which most is to be learnt first; always in the same order.

    One after the other, the document with the greatest product of doubt and distance is taken; the distance
    is that to the nearest document that is labelled or was taken before.

    Args:
        unlabelled: readings by content hash.
        labelled: the readings of each labelled document.
        confidence: mean confidence of a document's fields, from 0 to 1, where the model has seen it.
        limit: rank only this many.
    """
    names = sorted(unlabelled)  # equal gains are decided by content, not by order of arrival
    if not names:
        return ()
    features = text_features([unlabelled[name] for name in names])
    known = confidence or {}
    doubts = np.array([1 - known[name] if name in known else NEVER_EXTRACTED for name in names])
    likeness = np.zeros(len(names))  # to the nearest document that is labelled or was taken
    if labelled:
        likeness = np.clip(features @ text_features(labelled).T, 0, 1).max(axis=1)
    waiting = np.ones(len(names), bool)
    ranked: list[RankedDocument] = []
    for turn in range(len(names) if limit is None else min(limit, len(names))):
        gains = doubts * (1 - likeness)
        # Where nothing is known, the most typical document comes first, not the oddest.
        wanted = gains * (features @ features.mean(axis=0)) if not labelled and not turn else gains
        best = int(np.argmax(np.where(waiting, wanted, -np.inf)))
        waiting[best] = False
        ranked.append(
            RankedDocument(names[best], float(doubts[best]), float(1 - likeness[best]), float(gains[best]))
        )
        likeness = np.maximum(likeness, np.clip(features @ features[best], 0, 1))
    return tuple(ranked)


def text_features(documents: Sequence[Sequence[Reading]]) -> Features:
    """Hashed character n-grams of each document's words, digits made equal, as unit vectors.

    The n-grams of words are counted once a document (feature hashing: Weinberger et al., arXiv 0902.2206),
    so that long tables do not drown the letterhead that tells one sender from another. Digits say little:
    every receipt has others.
    """
    features = np.zeros((len(documents), FEATURES), np.float32)
    for row, readings in zip(features, documents, strict=True):
        for gram in {gram for reading in readings for word in reading.words for gram in _ngrams(word.text)}:
            hashed = zlib.crc32(gram.encode())
            row[hashed % FEATURES] += 1 if hashed >> 31 else -1
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    features /= np.maximum(lengths, 1e-6)
    return features


def stored_confidence(store: Store) -> dict[str, float]:
    """The mean confidence of the fields of each document's last extraction, by content hash."""
    found: dict[str, float] = {}
    for record in store.extractions(latest_only=True):
        values = [cell.confidence for field in record.extraction.fields for cell in _cells(field)]
        if values:
            found[record.sha256] = sum(values) / len(values)
    return found


def _cells(field: FieldValue | LineItems) -> list[FieldValue]:
    return [field] if isinstance(field, FieldValue) else [cell for row in field.rows for cell in row]


def _ngrams(word: str) -> set[str]:
    folded = "".join("0" if character.isdigit() else character for character in f" {word.casefold()} ")
    return {folded[start : start + NGRAM] for start in range(max(1, len(folded) - NGRAM + 1))}
