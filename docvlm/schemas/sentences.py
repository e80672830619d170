"""What a sentence leaves behind a value that stands within it: ``within thirty days.``"""

from __future__ import annotations

import re

from docvlm.schemas.letters import without_accents

_VOWELS = frozenset("aeiouy")
_FEWEST_SMALL, _FEWEST_LARGE = 3, 4  # letters of a word that is no abbreviation, in small letters or not
_FEWEST_FIGURES = 4  # of a number that counts nothing, as 3. does
_SHORTENED_WORDS = """
approx assoc attn ave blvd bros ca cert co cont corp dept dipl edit elec encl eng esq etc evtl excl
exkl gebr gest gmbh govt hosp ident inc incl inkl insp inst intl inv invt lic ltda manuf max mech
med min misc nachf natl no oct okt orig prof prov recd resp sen sept spec std supt surg tech tel
temp terr treas univ usw vers vol
"""
_SHORTENED = frozenset(_SHORTENED_WORDS.split())
"""Words that are written shorter, with a full stop of their own; those without vowels need no list."""


def without_sentence_end(text: str) -> str:
    """Without the comma, semicolon or full stop behind it; one that belongs to its last word stays.

    A full stop stays behind what may be an abbreviation (``Ltd.``, ``Schulstr.``, ``S.A.``) or counts
    (``3.``), and a text is never emptied.
    """
    bare = text.rstrip(" ,;")
    if bare.endswith(".") and not bare.endswith("..") and _ends_a_sentence(bare.split()[-1][:-1]):
        bare = bare[:-1].rstrip()
    return bare or text


def _ends_a_sentence(word: str) -> bool:
    """Whether a full stop behind this word is the sentence's."""
    if not word or word.endswith(("%", ")")):
        return True
    last = re.split(r"[-'’(]", word)[-1]
    if last.isalpha():
        letters = without_accents(last)
        short = letters in _SHORTENED or letters.endswith("str") or _VOWELS.isdisjoint(letters)
        return len(last) >= (_FEWEST_SMALL if last.islower() else _FEWEST_LARGE) and not short
    figures = re.sub(r"[.,/-]", "", word)
    return len(figures) >= _FEWEST_FIGURES and figures.isdecimal()
