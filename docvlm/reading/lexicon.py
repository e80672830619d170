"""How common words are in the languages of a page, by the lists of the package ``wordfreq``."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from docvlm.errors import ModelError

LANGUAGES = (
    "ca", "cs", "da", "de", "en", "es", "fi", "fil", "fr", "hu", "id", "is", "it", "lt",
    "lv", "ms", "nb", "nl", "pl", "pt", "ro", "sh", "sk", "sl", "sv", "tr", "vi",
)  # fmt: skip
"""Those in Latin script that wordfreq has lists of, 26,000 to 64,000 words each."""

_DOUBT = 0.2
"""Words that each language is counted beforehand, so that a few words do not decide."""

_OWN_FREQUENCY = 1e-5
"""Of a word that stands on the page elsewhere and was read without doubt, such as the name of a firm."""

_FEWEST_LETTERS = 6
"""Of such a word: shorter ones are codes as often as names."""

_LEAST_KNOWN = 0.5
"""Share of a page's words that the lists must know; else it is in a language that they lack."""

_CEDILLAS = str.maketrans("șț", "şţ")
"""Romanian is printed with either; its list has the comma alone."""

_UNKNOWN = 255
_STEP = 4  # centibels; frequencies within a tenth of each other are as good as equal here

Frequencies = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """The words of all languages, by their hashes, which rise; in-memory only, as hashes differ by process.

    ``levels`` has shape (words, languages): the frequency as ``10 ** (-level * 4 / 100)``, 255 for none.
    28 MB for 805,000 words.
    """

    hashes: npt.NDArray[np.int64]
    levels: npt.NDArray[np.uint8]

    def by_language(self, words: Sequence[str]) -> Frequencies:
        """Shape (words, languages); case is not regarded."""
        wanted = np.array([_key(word) for word in words], np.int64)
        places = np.minimum(np.searchsorted(self.hashes, wanted), len(self.hashes) - 1)
        levels = np.where((self.hashes[places] == wanted)[:, None], self.levels[places], _UNKNOWN)
        return np.where(levels == _UNKNOWN, 0.0, 10.0 ** (-levels.astype(np.float64) * _STEP / 100))

    def of_page(self, words: Sequence[str], certain: Sequence[str] = ()) -> PageLexicon:
        """How common words are on a page.

        Args:
            words: of the page that were read well; they tell its languages.
            certain: those that were read without doubt, which are known there whatever the lists say.
        """
        counted = self.by_language(words) if words else np.zeros((0, len(LANGUAGES)))
        sums = counted.sum(axis=1, keepdims=True)
        known = not len(words) or float((sums > 0).mean()) >= _LEAST_KNOWN
        shares = np.divide(counted, sums, out=np.zeros_like(counted), where=sums > 0).sum(axis=0) + _DOUBT
        own = frozenset(_key(word) for word in certain if len(word) >= _FEWEST_LETTERS)
        return PageLexicon(self, shares / shares.sum(), own, known)


@dataclass(frozen=True, slots=True, eq=False)
class PageLexicon:
    """A mixture of languages, ``shares`` of each, and the keys of words of the page's own.

    ``is_known``: whether it is in languages that there are lists of.
    """

    lexicon: Lexicon
    shares: Frequencies
    own: frozenset[int]
    is_known: bool

    def frequencies(self, words: Sequence[str]) -> Frequencies:
        """Of each word, in [0, 1]; 0 for those that nobody knows."""
        own = [_OWN_FREQUENCY if _key(word) in self.own else 0.0 for word in words]
        return np.maximum(self.lexicon.by_language(words) @ self.shares, own)


def _key(word: str) -> int:
    # The Turkish capital would become two characters, of which no list knows the second.
    return hash(word.replace("İ", "i").casefold())


@functools.cache
def lexicon() -> Lexicon:
    """The lexicon of this process, made on first use in less than a second.

    Raises:
        ModelError: when wordfreq is not installed.
    """
    try:
        import wordfreq
    except ImportError as error:
        raise ModelError(
            f"The lists of words cannot be opened: {error}.",
            "Install the packages of requirements.txt again.",
        ) from error

    files = wordfreq.available_languages("small")
    hashes: list[int] = []
    levels: list[int] = []
    languages: list[int] = []
    for number, language in enumerate(LANGUAGES):
        # read_cBpack keeps nothing, other than wordfreq's own look-ups; words lie in it by centibels.
        for centibels, words in enumerate(wordfreq.read_cBpack(files[language])):
            forms = {*words, *(word.translate(_CEDILLAS) for word in words if language == "ro")}
            hashes += map(_key, forms)
            levels += [min(_UNKNOWN - 1, centibels // _STEP)] * len(forms)
        languages += [number] * (len(hashes) - len(languages))
    known, places = np.unique(np.array(hashes, np.int64), return_inverse=True)
    table = np.full((len(known), len(LANGUAGES)), _UNKNOWN, np.uint8)
    table[places, languages] = levels
    return Lexicon(known, table)
