import itertools

from docvlm.pipeline.windows import WINDOW_TOKENS, cut_windows
from tests.pages import reading_of


def count_words(text: str) -> int:
    return len(text.split())


def test_a_short_page_is_one_window() -> None:
    (window,) = cut_windows(reading_of(["Total 9.00", "Cash 10.00"]), count_words)
    assert window.page_number == 1
    assert window.words.text == "Total 9.00 Cash 10.00"
    assert window.input.reader_text.split() == ["Total", "9.00", "Cash", "10.00"]
    assert window.input.image is None


def test_an_empty_page_has_no_window() -> None:
    assert cut_windows(reading_of([]), count_words) == ()


def test_a_long_page_is_cut_with_overlap_and_no_word_is_lost() -> None:
    rows = [f"row{index} one two three four five" for index in range(600)]
    reading = reading_of(rows)
    windows = cut_windows(reading, count_words)
    assert len(windows) > 1
    assert {word for window in windows for word in window.words.text.split()} == {
        word.text for word in reading.words
    }
    for before, after in itertools.pairwise(windows):
        assert set(before.words.text.split()) & set(after.words.text.split()) > {"one", "two"}
        assert before.input.key != after.input.key
    assert all(count_words(window.input.reader_text) <= WINDOW_TOKENS for window in windows)


def test_an_endless_row_is_split() -> None:
    windows = cut_windows(reading_of(["word " * 9000, "tail"]), count_words)
    assert len(windows) > 6
    assert windows[-1].words.text.endswith("tail")
    assert all(count_words(window.words.text) <= WINDOW_TOKENS for window in windows)
