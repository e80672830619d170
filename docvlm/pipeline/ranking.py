"""Which windows of a document are likely to hold the answer: lexical ranking, before any model runs."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from docvlm.schemas.letters import without_accents

_TERM = re.compile(r"\w+")
_SATURATION = 1.2
_LENGTH_WEIGHT = 0.75


def rank_texts(question: str, texts: Sequence[str]) -> list[int]:
    """Indexes of ``texts``, the best match for ``question`` first; ties keep their order.

    Okapi BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009, section 3.2) over
    case-folded words without accents, so that ``Écheance`` finds ``echeance``.
    """
    documents = [Counter(_terms(text)) for text in texts]
    lengths = [document.total() for document in documents]
    mean_length = max(1.0, sum(lengths) / max(1, len(lengths)))
    scores = [0.0] * len(texts)
    for term in set(_terms(question)):
        holding = sum(1 for document in documents if term in document)
        if not holding:
            continue
        weight = math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
        for index, document in enumerate(documents):
            count = document[term]
            norm = _SATURATION * (1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * lengths[index] / mean_length)
            scores[index] += weight * count * (_SATURATION + 1) / (count + norm)
    return sorted(range(len(texts)), key=lambda index: -scores[index])


def _terms(text: str) -> list[str]:
    return _TERM.findall(without_accents(text))
