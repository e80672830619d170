import re
import sys

import pytest
import wordfreq

from docvlm.errors import ModelError
from docvlm.reading.lexicon import LANGUAGES, lexicon

_GERMAN = re.split(" ", "die Rechnung wurde am Montag mit der Post geschickt und ist noch nicht bezahlt")
_MALAY = re.split(" ", "jalan taman utama bandar kawasan perindustrian selangor untuk yang dengan")


@pytest.mark.parametrize(
    ("word", "language"), [("Invoice", "en"), ("jalan", "ms"), ("Größe", "de"), ("zapłaty", "pl")]
)
def test_frequencies_are_those_of_wordfreq(word, language):
    expected = wordfreq.word_frequency(word, language, "small")

    found = lexicon().by_language([word])[0, LANGUAGES.index(language)]

    assert found == pytest.approx(expected, rel=0.1)


def test_a_word_that_no_list_knows_has_none():
    assert not lexicon().by_language(["Qwxzvk"]).any()


def test_the_words_of_a_page_tell_its_languages():
    german, malay = (lexicon().of_page(words) for words in (_GERMAN, _MALAY))

    assert LANGUAGES[german.shares.argmax()] == "de"
    assert {LANGUAGES[place] for place in malay.shares.argsort()[-2:]} == {"ms", "id"}
    assert german.frequencies(["Straße"]) > 10 * malay.frequencies(["Straße"])


def test_a_page_without_words_is_of_any_language():
    shares = lexicon().of_page([]).shares

    assert shares.sum() == pytest.approx(1.0)
    assert shares.min() == shares.max()


def test_a_name_read_without_doubt_is_known_on_its_page():
    page = lexicon().of_page([], ["Qwxzvk", "XKLM"])

    assert page.frequencies(["QWXZVK"])[0] > 0
    assert page.frequencies(["Qwxzvj", "XKLM"]).tolist() == [0, 0]


@pytest.mark.parametrize(("word", "language"), [("VERGİ", "tr"), ("plăţi", "ro"), ("PLĂȚI", "ro")])
def test_capitals_and_cedillas_are_found(word, language):
    assert lexicon().by_language([word])[0, LANGUAGES.index(language)] > 0


def test_without_the_package_it_is_said_what_to_install(monkeypatch):
    lexicon.cache_clear()
    monkeypatch.setitem(sys.modules, "wordfreq", None)

    with pytest.raises(ModelError, match=r"requirements\.txt"):
        lexicon()


def test_a_page_in_a_language_without_a_list_is_told():
    swahili = re.split(" ", "habari za asubuhi rafiki tutakwenda sokoni kununua matunda mboga")

    assert not lexicon().of_page(swahili).is_known
    assert lexicon().of_page(_MALAY).is_known
    assert lexicon().of_page([]).is_known
