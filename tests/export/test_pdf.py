from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pymupdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docvlm.export import searchable_pdf
from docvlm.types import Box, Line, Page, PageStatus, Reading, ReadingSource, Word

WIDTH, HEIGHT = 600, 400


def white_page(number: int = 1, points_per_pixel: float | None = None) -> Page:
    image = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    return Page(number, PageStatus.OK, WIDTH, HEIGHT, image, points_per_pixel=points_per_pixel)


def reading(*lines: list[Word], rotation: int = 0, width: int = WIDTH, height: int = HEIGHT) -> Reading:
    return Reading(
        1, ReadingSource.OCR, width, height, tuple(Line(tuple(line)) for line in lines), rotation=rotation
    )


def written(out: Path, *pages: tuple[Page, Reading | None]) -> pymupdf.Document:
    searchable_pdf(pages, out)
    return pymupdf.open(out)


def words_in_pixels(pdf_page: pymupdf.Page, points_per_pixel: float) -> list[tuple[str, list[float]]]:
    return [
        (word[4], [round(value / points_per_pixel, 1) for value in word[:4]])
        for word in pdf_page.get_text("words")
    ]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_words_are_found_where_they_stand(tmp_path: Path, rotation: int) -> None:
    boxes = {
        0: (Box(50, 10, 130, 34), Box(140, 10, 200, 34)),
        90: (Box(50, 200, 74, 280), Box(50, 130, 74, 190)),
        180: (Box(140, 10, 200, 34), Box(50, 10, 130, 34)),
        270: (Box(50, 10, 74, 90), Box(50, 100, 74, 160)),
    }[rotation]
    line = [Word("Total:", boxes[0]), Word("€12.50", boxes[1])]
    document = written(tmp_path / "out.pdf", (white_page(), reading(line, rotation=rotation)))
    page = document[0]
    assert words_in_pixels(page, 72 / 150) == [
        ("Total:", boxes[0].as_list()),
        ("€12.50", boxes[1].as_list()),
    ]
    (found,) = page.search_for("12.50")
    assert boxes[1].contains(Box(*found).scaled(150 / 72), slack=0.1)
    assert len(page.search_for("total: €12")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Łódź",
        "naïve",
        "Привет",
        "Ελλάδα",
        "東京都",
        "日本語テスト",
        "한국어",
        "हिन्दी",
        "ไทย",
        "😀",
        "ﬁx",
        "½",
        "שלום",
        "مرحبا",
    ],
)
def test_any_script_can_be_copied(tmp_path: Path, text: str) -> None:
    document = written(tmp_path / "out.pdf", (white_page(), reading([Word(text, Box(10, 10, 200, 40))])))
    assert document[0].get_text().strip() == text


def test_numbers_in_hebrew_words_are_not_turned_round(tmp_path: Path) -> None:
    line = [Word("שלום", Box(200, 10, 300, 40)), Word("א12.50", Box(100, 10, 190, 40))]
    page = written(tmp_path / "out.pdf", (white_page(), reading(line)))[0]
    (found,) = page.search_for("12.50")
    assert found.x0 >= 100 * 0.48 - 0.1 and found.x1 < 190 * 0.48 - 5  # the letter stands to its right
    assert "שלום" in page.get_text().split()


def test_the_text_leaves_no_ink(tmp_path: Path) -> None:
    line = [Word("Total", Box(10, 10, 200, 60))]
    page = written(tmp_path / "out.pdf", (white_page(), reading(line)))[0]
    assert set(page.get_pixmap().samples) == {255}


def test_the_image_is_that_of_the_page(tmp_path: Path) -> None:
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[:, : WIDTH // 2] = (200, 30, 60)
    page = written(tmp_path / "out.pdf", (Page(1, PageStatus.OK, WIDTH, HEIGHT, image), None))[0]
    pixmap = page.get_pixmap(dpi=150)
    shown = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3)
    assert shown.shape == image.shape
    assert np.array_equal(shown[::50, 10], image[::50, 10])
    assert np.array_equal(shown[::50, -10], image[::50, -10])


def test_a_scan_is_kept_small_and_a_clean_page_exact(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(150, 255, (HEIGHT, WIDTH, 3), np.uint8)
    scan = Page(1, PageStatus.OK, WIDTH, HEIGHT, noise)
    document = written(tmp_path / "out.pdf", (scan, None), (white_page(2), None))
    formats = [document.extract_image(page.get_images()[0][0])["ext"] for page in document]
    assert formats == ["jpeg", "png"]


def test_page_sizes_and_numbers_are_kept(tmp_path: Path) -> None:
    failed = Page(2, PageStatus.FAILED, 0, 0, None, reason="The page is damaged.")
    sized = Page(3, PageStatus.FAILED, 1000, 2000, None, points_per_pixel=0.25)
    huge = Page(4, PageStatus.FAILED, 100, 100_000, None)
    pages = [(page, None) for page in (white_page(1, 0.36), failed, sized, huge)]
    document = written(tmp_path / "out.pdf", *pages)
    sizes = [(round(page.rect.width, 1), round(page.rect.height, 1)) for page in document]
    assert sizes == [(216, 144), (595, 842), (250, 500), (14.4, 14_400)]


def test_boxes_of_a_reading_at_another_resolution_fit(tmp_path: Path) -> None:
    line = [Word("Total", Box(20, 20, 100, 60))]
    given_reading = reading(line, width=2 * WIDTH, height=2 * HEIGHT)
    page = written(tmp_path / "out.pdf", (white_page(), given_reading))[0]
    assert words_in_pixels(page, 72 / 150) == [("Total", [10, 10, 50, 30])]


def test_words_whose_boxes_touch_stay_apart(tmp_path: Path) -> None:
    line = [
        Word("one", Box(10, 10, 50, 30)),
        Word("two", Box(50, 10, 90, 30)),
        Word("three", Box(85, 10, 140, 30)),
    ]
    page = written(tmp_path / "out.pdf", (white_page(), reading(line)))[0]
    assert page.get_text().split() == ["one", "two", "three"]


def test_no_pages_is_one_blank_page(tmp_path: Path) -> None:
    assert written(tmp_path / "out.pdf").page_count == 1


def test_an_interruption_leaves_no_file(tmp_path: Path) -> None:
    def pages() -> Iterator[tuple[Page, None]]:
        yield white_page(), None
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        searchable_pdf(pages(), tmp_path / "out.pdf")
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.text(st.characters(), max_size=5), max_size=4),
    box=st.builds(Box, *[st.floats(-1e4, 1e4)] * 4),
)
def test_no_word_and_no_box_breaks_the_file(tmp_path: Path, texts: list[str], box: Box) -> None:
    line = [Word(text, box) for text in texts]
    sure = [Word("sure", Box(10, 10, 60, 30))]
    document = written(tmp_path / "out.pdf", (white_page(), reading(line, sure)))
    assert document[0].search_for("sure")
    assert not document.is_repaired
