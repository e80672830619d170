import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from docvlm.reading.ctc import Character
from docvlm.reading.ocr import RecognisedLine
from docvlm.reading.ocr_page import read_image
from docvlm.reading.page_reader import default_reader
from docvlm.reading.words import split_glued_label, words_of_line
from docvlm.types import Box, Word


def split(text):
    return [word.text for word in split_glued_label(Word(text, Box(0, 0, 10 * len(text), 20)))]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("DATE:25/12/2018", ["DATE:", "25/12/2018"]),
        ("TOTAL:9.00", ["TOTAL:", "9.00"]),
        ("Tel:03-6258", ["Tel:", "03-6258"]),
        ("Montant:€12", ["Montant:", "€12"]),
        ("(RM):-5.00", ["(RM):", "-5.00"]),
        (":933109-X", [":", "933109-X"]),
        ("日期：2018", ["日期：", "2018"]),
        ("Time:8:13", ["Time:", "8:13"]),
        ("From:A1,To:B2", ["From:", "A1,To:", "B2"]),
        ("21/05/2018Time:", ["21/05/2018", "Time:"]),
        ("Date:21/05/2018Time:08:13", ["Date:", "21/05/2018", "Time:", "08:13"]),
    ],
)
def test_glued_labels_are_split(text, parts):
    assert split(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "8:13:39",
        "16:9",
        "1:100",
        "https://example.org/a:b",
        "mailto:a@b.org",
        "std::string",
        "00:1a:2b:3c:4d:5e",
        "C:\\temp",
        "Date:",
        ":",
        "A:B",
        "08:13PM",
        "24hrs:",
        "08:00Uhr:",
        "1.2.2024::length",
        "plain",
    ],
)
def test_other_colons_are_left_alone(text):
    assert split(text) == [text]


def test_parts_share_the_box_in_proportion():
    label, value = split_glued_label(Word("TOTAL:9.00", Box(0, 0, 100, 20), 0.8))
    assert (label.box, value.box) == (Box(0, 0, 60, 20), Box(60, 0, 100, 20))
    assert label.confidence == value.confidence == 0.8


def line_of(bars, spaces=(), confidence=0.9):
    """A strip 40 px high with one black bar a character at the given x ranges."""
    strip = np.full((40, 300, 3), 255, np.uint8)
    characters = []
    for index, (start, end) in enumerate(bars):
        strip[8:32, start:end] = 0
        space = 1.0 if index in spaces else 0.0
        characters.append(Character("abcdefgh"[index], (start + end) / 2 / 300, confidence, space))
    quad = np.array([[100, 50], [400, 50], [400, 90], [100, 90]], np.float32)
    return RecognisedLine(quad, tuple(characters), strip)


def test_words_begin_at_spaces_and_their_boxes_fit_the_ink():
    words = words_of_line(line_of([(20, 30), (34, 44), (60, 70)], spaces={2}))
    assert [word.text for word in words] == ["ab", "c"]
    assert words[0].box.as_list() == pytest.approx([120, 58, 144, 82], abs=1.5)
    assert words[1].box.as_list() == pytest.approx([160, 58, 170, 82], abs=1.5)


def test_a_gap_as_wide_as_the_line_is_high_parts_words_without_a_space():
    words = words_of_line(line_of([(20, 30), (34, 44), (120, 130)]))
    assert [word.text for word in words] == ["ab", "c"]


def test_the_confidence_of_a_word_is_the_mean_of_its_characters():
    assert words_of_line(line_of([(20, 30), (34, 44)], confidence=0.7))[0].confidence == pytest.approx(0.7)


def test_an_unread_line_has_no_words():
    assert words_of_line(line_of([])) == ()


def test_a_glued_value_begins_at_its_own_first_letter() -> None:
    """In a proportional font a share by characters would cut the value's first letter."""
    font = ImageFont.load_default(size=40)
    picture = Image.new("RGB", (500, 80), "white")
    draw = ImageDraw.Draw(picture)
    draw.text((20, 15), "Till:WWWW", fill="black", font=font)
    value_start = 20 + draw.textlength("Till:", font=font)
    found = read_image(np.asarray(picture), default_reader())
    words = [word for segment in found.segments for word in segment]
    assert [word.text for word in words] == ["Till:", "WWWW"]
    assert abs(words[1].box.x0 - value_start) <= 8
