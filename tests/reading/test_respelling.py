import numpy as np
import pytest

from docvlm.reading import read_page
from docvlm.reading.ctc import BETWEEN, Character
from docvlm.reading.ocr import RecognisedLine
from docvlm.reading.respelling import respell
from docvlm.types import Page, PageStatus
from finetune.synthesis.drawing import draw_page

_QUAD = np.array([[0, 0], [100, 0], [100, 10], [0, 10]], np.float32)
_STRIP = np.full((10, 100, 3), 255, np.uint8)


def _line(text: str, doubt: float = 0.6, **others: str) -> RecognisedLine:
    """A line read as ``text``; ``others`` names what else a doubtful character may be: ``n3="m"``."""
    doubts = {int(name[1:]): (name[0], other) for name, other in others.items()}
    characters, likely, space = [], [], 0.0
    for place, letter in enumerate(text):
        if letter == " ":
            likely += [{BETWEEN: 1.0}]
            space = 1.0
            continue
        column = len(likely)
        sure = 1.0
        if place in doubts:
            assert doubts[place][0] == letter
            sure = doubt
            likely.append({letter: sure, doubts[place][1]: 1 - sure})
        else:
            likely.append({letter: 1.0})
        likely.append({BETWEEN: 1.0})
        characters.append(Character(letter, (column + 0.5) / 100, sure, space, (column, column + 1)))
        space = 0.0
    return RecognisedLine(_QUAD, tuple(characters), _STRIP, tuple(likely))


def _text(line: RecognisedLine) -> str:
    return "".join(" " * (one.space_before > 0.5) + one.text for one in line.characters)


def _respelled(*lines: RecognisedLine) -> list[str]:
    return [_text(line) for line in respell(lines)]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (_line("Total Anount due", n7="m"), "Total Amount due"),
        (_line("TANAN PERINDUSTRIAN", N2="M"), "TAMAN PERINDUSTRIAN"),
        (_line("JÁLAN UTAMA", Á1="A"), "JALAN UTAMA"),
        (_line("Jaian Utama, Johor", i2="l"), "Jalan Utama, Johor"),
        (_line("(Recsipt)", s4="e"), "(Receipt)"),
        (_line("lnvorce number of the order", l0="I", r4="i"), "Invoice number of the order"),
        (_line("T0TAL 12.50", **{"01": "O"}), "TOTAL 12.50"),
        (_line("Exchan:e", **{":6": "g"}), "Exchange"),
    ],
)
def test_a_doubtful_word_becomes_the_common_one(line, text):
    assert _respelled(line) == [text]


@pytest.mark.parametrize("text", ["the custorner pays", "the custorner_12 pays"])
def test_two_letters_become_the_one_that_they_look_like(text):
    line = _line(text)
    # "r" may be an "m" that goes on over the "n".
    place = next(number for number, one in enumerate(line.characters) if one.text == "r" and number > 5)
    first, second = line.characters[place].columns[0], line.characters[place + 1].columns[0]
    likely = list(line.likely)
    likely[first] = {"r": 0.6, "m": 0.4}
    likely[first + 1] = {BETWEEN: 0.6, "m": 0.4}
    likely[second] = {"n": 0.6, "m": 0.4}
    characters = [
        Character(
            one.text,
            one.position,
            0.6 if number in (place, place + 1) else 1.0,
            one.space_before,
            one.columns,
        )
        for number, one in enumerate(line.characters)
    ]
    doubtful = RecognisedLine(_QUAD, tuple(characters), _STRIP, tuple(likely))

    (found,) = respell([doubtful])

    assert _text(found) == text.replace("rn", "m")
    assert len(found.characters) == len(line.characters) - 1
    positions = [one.position for one in found.characters]
    assert positions == sorted(positions)


@pytest.mark.parametrize(
    "line",
    [
        _line("Anount", n1="m", doubt=0.9999),  # read without doubt
        _line("Jonsen Ltd", e4="o", doubt=0.99),  # a name that another is like
        _line("Qwxzvk Hemmann", m9="n"),  # nobody knows either
        _line("mail to anount@web.de", n9="m"),
        _line("www.anount.com", n5="m"),
        _line("AB7anount", n4="m"),
        _line("R0LL-1234", **{"01": "O"}, doubt=0.99),
        _line("B00K", **{"01": "O", "02": "O"}),  # more likely a code
        _line("12.50 4711", **{"04": "O"}),
        _line("EUR0,50", **{"03": "O"}),
        _line("Item5 DAY5", **{"54": "s", "59": "S"}),
        _line("habari asubuhi rafiki tutakwenda sokoni Anount", n41="m"),  # a language without a list
        _line("Fon", n2="r"),  # too short to tell
    ],
)
def test_what_need_not_be_a_misread_word_stays(line):
    assert _respelled(line) == [_text(line)]


def test_the_languages_of_the_page_decide():
    doubtful = _line("Steuen", doubt=0.9, n5="r")
    english = _line("the poet wrote verses about love and the sea and his wife")
    german = _line("die Rechnung wurde am Montag mit der Post geschickt und ist noch nicht bezahlt")

    assert _respelled(english, doubtful)[1] == "Steuen"
    assert _respelled(german, doubtful)[1] == "Steuer"


def test_a_name_that_stands_elsewhere_on_the_page_is_known():
    doubtful = _line("Wibrexal Ltd", x5="v")

    assert _respelled(doubtful) == ["Wibrexal Ltd"]
    assert _respelled(_line("Wibreval Holding"), doubtful)[1] == "Wibreval Ltd"


def test_a_respelled_word_is_less_sure_than_one_that_was_read_so():
    (line,) = respell([_line("Total Anount due", n7="m")])

    total, *changed = line.characters[4:11]
    assert total.confidence == 1.0
    assert {one.text for one in changed} == set("Amount")
    assert len({one.confidence for one in changed}) == 1
    assert 0.7 < changed[0].confidence < 1.0


def test_a_drawn_page_is_put_right():
    image = draw_page("7:7", ("receipt",), "pl").image
    page = Page(1, PageStatus.OK, image.shape[1], image.shape[0], image)

    words = [word.text for word in read_page(page, ocr=True).words]

    assert {"Obsługa", "płatności"} <= set(words)  # the recogniser alone reads neither
