"""Comparing printed words: case, accents and punctuation do not count."""

from __future__ import annotations

import unicodedata

from rapidfuzz.distance import Levenshtein

_PUNCTUATION = ".,;:!?()[]\"'*#-_/"
_FEWEST_LETTERS_FOR_A_MISTAKE = 5


def without_accents(text: str) -> str:
    """Lower case, accents taken off: ``Août`` → ``aout``."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return bare.replace("ı", "i")


def compact(text: str) -> str:
    """Lower case without white space; accents and marks count."""
    return "".join(text.casefold().split())


def fold(text: str) -> str:
    """Lower case without accents, punctuation around words and runs of spaces."""
    words = (part.strip(_PUNCTUATION) for part in without_accents(text).split())
    return " ".join(word for word in words if word)


def same_words(printed: str, wanted: str) -> bool:
    """Whether two folded texts are the same, but for one wrong letter in a text of five or more."""
    if printed == wanted:
        return True
    shortest = min(len(printed), len(wanted))
    return (
        shortest >= _FEWEST_LETTERS_FOR_A_MISTAKE
        and Levenshtein.distance(printed, wanted, score_cutoff=1) <= 1
    )
