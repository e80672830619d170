"""How near a text is to the right one: folding, ANLS, error rates and words as a bag."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import jiwer
from rapidfuzz.distance import Levenshtein

ANLS_THRESHOLD = 0.5
"""τ of the ANLS: an answer that is half wrong or worse scores nothing."""

_ONE_DECIMAL = re.compile(r"(\D*(?:\d+|\d{1,3}(?:[., ]\d{3})+))[.,](\d{1,2}\D*)")


def collapse(text: str) -> str:
    """Unicode NFKC with every run of white space as one space."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def fold(text: str) -> str:
    """Letters and digits only, without case; the decimal mark of a text that is one number is a dot.

    So ``Jalan Sagu 18,`` is ``jalansagu18``, and ``Eur129,75`` is ``eur129.75``, never ``eur12975``. A text
    without letters and digits stays as it is.
    """
    plain = collapse(text).casefold()
    number = _ONE_DECIMAL.fullmatch(plain)
    parts = number.groups() if number else (plain,)
    return ".".join(_letters_and_digits(part) for part in parts) or plain


def _letters_and_digits(text: str) -> str:
    return "".join(character for character in text if unicodedata.category(character)[0] in "LMN")


def similarity(found: str, wanted: str) -> float:
    """One minus the Levenshtein distance over the longer text's length, in [0, 1]."""
    return float(Levenshtein.normalized_similarity(found, wanted))


def anls(found: str | None, answers: Sequence[str]) -> float:
    """The normalised Levenshtein similarity to the nearest answer, 0 below the threshold.

    Biten et al., "Scene Text Visual Question Answering", ICCV 2019, section 4; case and runs of white space
    do not count, as in the DocVQA challenge. Nothing found scores 0; no answers are for the caller to judge.
    """
    if found is None or not answers:
        return 0.0
    printed = collapse(found).casefold()
    best = max(similarity(printed, collapse(answer).casefold()) for answer in answers)
    return best if best >= ANLS_THRESHOLD else 0.0


@dataclass(frozen=True, slots=True)
class ErrorCounts:
    """Edits and sizes of one text, to be summed over texts before dividing.

    ``edits`` are substitutions, deletions and insertions; ``length`` counts the right text.
    """

    edits: int
    length: int


def character_errors(read: str, right: str) -> ErrorCounts:
    """For the character error rate: edits over the right text's length; runs of white space are one space.

    Levenshtein 1966; counted by jiwer.
    """
    return _error_counts(jiwer.process_characters(collapse(right), collapse(read)))


def word_errors(read: str, right: str) -> ErrorCounts:
    """For the word error rate: substitutions, deletions and insertions over the right text's words.

    Morris et al., "From WER and RIL to MER and WIL", Interspeech 2004, equation 1; counted by jiwer.
    """
    return _error_counts(jiwer.process_words(collapse(right), collapse(read)))


def _error_counts(counts: jiwer.CharacterOutput | jiwer.WordOutput) -> ErrorCounts:
    kept = counts.hits + counts.substitutions + counts.deletions
    return ErrorCounts(counts.substitutions + counts.deletions + counts.insertions, kept)


@dataclass(frozen=True, slots=True)
class BagCounts:
    """Words that two texts share, each as often as it stands in both, and the words of either."""

    shared: int
    read: int
    right: int


def bag_of_words(read: str, right: str) -> BagCounts:
    """For an F1 that does not depend on the reading order: folded words, punctuation alone left out.

    Texts as bags of tokens, as the F1 of Rajpurkar et al., "SQuAD", EMNLP 2016, section 6.1, takes them.
    """
    found, wanted = _folded_words(read), _folded_words(right)
    return BagCounts((found & wanted).total(), found.total(), wanted.total())


def _folded_words(text: str) -> Counter[str]:
    folded = (fold(word) for word in text.split())
    return Counter(word for word in folded if any(character.isalnum() for character in word))
