from hypothesis import given
from hypothesis import strategies as st

from docvlm.reading.order import Segment, arrange
from docvlm.types import Box, Word
from tests.reading.pages import segment

LEFT = (
    "The harbour was built in",
    "the year after the great",
    "storm had taken the old",
    "wooden pier away again",
)
RIGHT = (
    "Ships from many countries",
    "came to load the grain that",
    "farmers of the plain had",
    "brought down the river",
)


def texts(segments):
    return [line.text for line in arrange(segments)]


def set_as_form(form, pitch, lower=0):
    """Labels at the left, answers at the right, so many pixels from row to row and the answers lower."""
    return [
        segment(text, 50 + 400 * column, 100 + pitch * row + lower * column)
        for row, pair in enumerate(form)
        for column, text in enumerate(pair)
    ]


def test_columns_are_read_one_after_the_other():
    rows = [segment(text, 50, 100 + 30 * row) for row, text in enumerate(LEFT)]
    rows += [segment(text, 400, 100 + 30 * row) for row, text in enumerate(RIGHT)]
    rows.sort(key=lambda row: (row.box.y0, row.box.x0))
    assert texts(rows) == [*LEFT, *RIGHT]


def test_a_heading_across_columns_comes_first_and_a_footer_last():
    heading = segment("A heading that runs across both of the columns below it in full", 50, 40)
    footer = segment("A footer that runs across both of the columns above it in full", 50, 300)
    rows = [segment(text, 50, 100 + 30 * row) for row, text in enumerate(LEFT)]
    rows += [segment(text, 400, 100 + 30 * row) for row, text in enumerate(RIGHT)]
    assert texts([footer, *rows, heading]) == [heading.text, *LEFT, *RIGHT, footer.text]


def test_columns_are_different_blocks():
    rows = [segment(text, 50, 100 + 30 * row) for row, text in enumerate(LEFT)]
    rows += [segment(text, 400, 100 + 30 * row) for row, text in enumerate(RIGHT)]
    assert [line.block for line in arrange(rows)] == [0] * 4 + [1] * 4


def test_a_caption_set_into_the_gutter_does_not_break_the_columns():
    rows = [segment(text, 50, 100 + 30 * row) for row, text in enumerate(LEFT)]
    rows += [segment(text, 600, 100 + 30 * row) for row, text in enumerate(RIGHT)]
    rows += [
        segment(text, 320, 100 + 30 * row)
        for row, text in enumerate(("See the old pier", "of the city here"))
    ]
    rows.append(segment("and the pier is no more there now", 50, 220))
    rows.append(segment("until the river changed its bed there", 530, 220))
    read = texts(rows)
    assert read.index(LEFT[3]) < read.index("and the pier is no more there now") < read.index(RIGHT[0])


def test_table_rows_stay_rows():
    table = (
        ("Item", "Qty", "Price"),
        ("Blue pens", "12", "9.60"),
        ("Paper", "3", "14.10"),
        ("Ink", "1", "7.95"),
    )
    cells = [
        segment(text, 50 + 250 * column, 100 + 30 * row)
        for row, cells in enumerate(table)
        for column, text in enumerate(cells)
    ]
    assert texts(list(reversed(cells))) == [cell for row in table for cell in row]


def test_labels_come_before_their_values():
    form = (
        ("Invoice number:", "2024-117"),
        ("Invoice date:", "12 March 2024"),
        ("Due date:", "11 April 2024"),
    )
    assert texts(set_as_form(form, 30)) == [cell for pair in form for cell in pair]


def test_long_labels_beside_long_answers_set_wide_apart_stay_rows():
    form = (
        ("GEOGRAPHICAL AREA COVERED", "All regions of the north"),
        ("VALUE OF THE COUPON", "Two off three of them"),
        ("SIGNATURE OF THE INITIATOR", "Mrs Ellen B. Harper"),
        ("PLACE WHERE IT IS SENT", "The office at the coast"),
    )
    assert texts(set_as_form(form, 60)) == [cell for pair in form for cell in pair]


def test_answers_half_a_row_below_their_labels_stay_with_them():
    form = (
        ("Name of the person who asks", "Mrs Ellen B. Harper"),
        ("The office where she works", "An office"),
        ("Who else has to know of it", "Nobody"),
    )
    assert texts(set_as_form(form, 40, lower=9)) == [cell for pair in form for cell in pair]


def test_addresses_side_by_side_are_not_mixed():
    seller = ("North Sea Trading Company", "45 Harbour Street West", "Port of Great Yarmouth")
    buyer = ("Blue Mountain Coffee House", "7 Upper Market Square", "The Town of Banbury")
    rows = [segment(text, 50, 100 + 30 * row) for row, text in enumerate(seller)]
    rows += [segment(text, 500, 100 + 30 * row) for row, text in enumerate(buyer)]
    assert texts(rows) == [*seller, *buyer]


def test_pieces_of_one_row_that_a_space_parts_become_one_line():
    assert texts([segment("Tampoi,", 50, 100), segment("81200 Johor", 130, 101)]) == ["Tampoi, 81200 Johor"]


def test_words_far_apart_are_two_lines_in_one_row():
    row = Segment((Word("TOTAL", Box(50, 100, 100, 120)), Word("9.00", Box(400, 100, 440, 120))))
    lines = arrange([row])
    assert [line.text for line in lines] == ["TOTAL", "9.00"]
    assert lines[0].block == lines[1].block


def test_arabic_rows_are_read_from_the_right():
    right, left = segment("المجموع", 400, 100), segment("الكلي", 100, 100)
    assert texts([left, right]) == ["المجموع", "الكلي"]


def test_text_along_the_side_comes_last():
    side = Segment((Word("arXiv:2405.02246", Box(5, 100, 25, 400)),))
    assert texts([side, *(segment(text, 50, 100 + 30 * row) for row, text in enumerate(LEFT))]) == [
        *LEFT,
        "arXiv:2405.02246",
    ]


def test_nothing_gives_nothing():
    assert arrange([]) == ()


boxes = st.builds(
    lambda x, y, width, height: Box(x, y, x + width, y + height),
    st.floats(0, 900),
    st.floats(0, 900),
    st.floats(1, 300),
    st.floats(1, 60),
)


@given(st.lists(st.lists(boxes, min_size=1, max_size=3), max_size=25))
def test_no_word_is_lost_or_repeated(segments):
    names = iter(range(1000))
    given_segments = [Segment(tuple(Word(f"w{next(names)}", box) for box in group)) for group in segments]
    lines = arrange(given_segments)
    before = sorted(word.text for group in given_segments for word in group.words)
    assert sorted(word.text for line in lines for word in line.words) == before
    blocks = [line.block for line in lines]
    assert blocks == sorted(blocks)
