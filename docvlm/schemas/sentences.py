"""What a sentence leaves behind a value that stands within it: ``within thirty days.``"""

from __future__ import annotations

from docvlm.schemas.letters import without_accents

_VOWELS = frozenset("aeiouy")
_FEWEST_SMALL, _FEWEST_LARGE = 3, 5  # letters of a word that is no abbreviation, in small letters or not
_FEWEST_FIGURES = 4  # of a number that counts nothing, as 3. does


def without_sentence_end(text: str) -> str:
    """Without the comma, semicolon or full stop behind it; one that belongs to its last word stays.

    A full stop stays behind what may be an abbreviation (``Ltd.``, ``Str.``, ``S.A.``), and a text is never
    emptied.
    """
    bare = text.rstrip(" ,;")
    if bare.endswith(".") and not bare.endswith("..") and _ends_a_sentence(bare.split()[-1][:-1]):
        bare = bare[:-1]
    return bare or text


def _ends_a_sentence(word: str) -> bool:
    if word.isalpha():
        small = word.islower()
        # Names of streets are shortened to consonants (Schulstr.), words in small letters seldom.
        spoken = without_accents(word)[0 if small else -4 :]
        return len(word) >= (_FEWEST_SMALL if small else _FEWEST_LARGE) and not _VOWELS.isdisjoint(spoken)
    figures = word.replace(".", "").replace(",", "").replace("/", "").replace("-", "")
    return len(figures) >= _FEWEST_FIGURES and figures.isdecimal()
