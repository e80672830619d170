import pytest

from docvlm.imageops import Alignment
from docvlm.reading import layout_rows, layout_text
from docvlm.reading.layout import MAX_SPACES
from docvlm.reading.order import arrange
from docvlm.types import Line, Reading, ReadingSource
from tests.reading.pages import segment


def reading_of(segments, rotation=0, skew=0.0):
    """A reading of an upright page of 900 × 1000 that was given turned and tilted."""
    size = (1000, 900) if rotation in (90, 270) else (900, 1000)
    alignment = Alignment(*size, rotation, skew)
    lines = tuple(
        Line(tuple(type(w)(w.text, alignment.to_page(w.box)) for w in line.words), line.block)
        for line in arrange(segments)
    )
    return Reading(1, ReadingSource.OCR, *size, lines, rotation=rotation, skew=skew)


RECEIPT = [
    segment("CORNER SHOP", 200, 100),
    segment("TOTAL", 100, 200),
    segment("9.00", 600, 202),
    segment("CASH", 100, 230),
    segment("10.00", 590, 229),
]
PRINTED = "      CORNER SHOP\n\nTOTAL      9.00\nCASH      10.00"


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_rows_stay_rows_however_the_page_lies(rotation):
    assert layout_text(reading_of(RECEIPT, rotation)) == PRINTED


@pytest.mark.parametrize("skew", [-3.0, 3.0])
def test_a_tilted_page_is_laid_out_level(skew):
    assert layout_text(reading_of(RECEIPT, skew=skew)) == PRINTED


def test_wide_gaps_are_compressed_and_narrow_ones_kept():
    row = [segment("one", 0, 0), segment("four", 70, 0), segment("far", 800, 0)]
    assert layout_text(reading_of(row)) == "one    four" + " " * MAX_SPACES + "far"


def test_rows_hold_the_words_of_the_text():
    reading = reading_of(RECEIPT)
    printed = [line.split() for line in layout_text(reading).splitlines() if line]
    assert [[word.text for word in row] for row in layout_rows(reading)] == printed
    assert [word for row in layout_rows(reading) for word in row] == list(reading.words)


def test_no_line_ends_in_white_space():
    assert all(line == line.rstrip() for line in layout_text(reading_of(RECEIPT)).splitlines())


def test_an_empty_page_is_empty_text():
    assert layout_text(reading_of([])) == ""
    assert layout_rows(reading_of([])) == ()
