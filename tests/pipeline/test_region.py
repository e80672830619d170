"""A question about a part of a page: what the model gets of it, and where its answer stands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pymupdf
import pytest

from docvlm.pipeline import OpenDocument, Region
from docvlm.store import Store
from docvlm.types import Answer, Box
from tests.engines import WrittenEngine
from tests.pipeline.test_document import open_with

QUESTION = "What is the total?"
ROWS = ("Total 9.00", "Tax 1.50", "Total 12.50", "Paid 12.50")


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    """One page on which the same cue stands twice."""
    path = tmp_path / "twice.pdf"
    with pymupdf.open() as document:
        page = document.new_page(width=300, height=300)
        for index, line in enumerate(ROWS):
            page.insert_text((30, 50 + 60 * index), line, fontsize=14)
        document.save(path)
    return path


def first_total(page: str, _prompt: str) -> str:
    """Reads on from the first "Total" that it is shown."""
    words = page.split()
    return f" {words[words.index('Total') + 1]}\n" if "Total" in words else " not found\n"


def rows_from(document: OpenDocument, first: int, last: int) -> Region:
    """A box drawn loosely around some of the rows."""
    (outcome,) = document.read()
    assert outcome.reading is not None
    boxes = [outcome.reading.lines[row].box for row in range(first, last + 1)]
    around = Box.around(boxes)
    return Region(1, Box(around.x0 - 20, around.y0 - 20, around.x1 + 20, around.y1 + 20))


def answer_about(document: OpenDocument, region: Region | None) -> Answer:
    (answer,) = [event for event in document.ask_stream(QUESTION, region=region) if isinstance(event, Answer)]
    return answer


def test_of_two_same_cues_the_one_in_the_box_is_read(pdf: Path, store: Store) -> None:
    with open_with(pdf, store, WrittenEngine(first_total)) as document:
        region = rows_from(document, 2, 3)
        answer = answer_about(document, region)
        assert answer.text == "12.50" and answer.page == 1
        (outcome,) = document.read()
        assert outcome.reading is not None
        (line,) = [line for line in outcome.reading.lines if line.text == ROWS[2]]
        assert answer.boxes == (line.words[1].box,)  # of the page, beside "Total" and not beside "Paid"
        assert region.box.contains(answer.boxes[0])


def test_an_answer_about_a_box_is_kept_apart_from_that_about_the_document(pdf: Path, store: Store) -> None:
    engine = WrittenEngine(first_total)
    with open_with(pdf, store, engine) as document:
        regions = [None, rows_from(document, 2, 3), rows_from(document, 1, 1)]
        assert [answer_about(document, region).text for region in regions] == ["9.00", "12.50", None]
        asked = len(engine.requests)
        assert [answer_about(document, region).text for region in regions] == ["9.00", "12.50", None]
        assert len(engine.requests) == asked
        kept = [record.run.info.pages for record in store.answers(document.id)]
    assert [Region.named(pages) for pages in kept] == [
        None,
        *(None if region is None else Region.named(region.name) for region in regions[1:]),
    ]


def test_an_engine_that_sees_pixels_gets_those_of_the_box_alone(pdf: Path, store: Store) -> None:
    engine = WrittenEngine(first_total, sees_pixels=True)
    with open_with(pdf, store, engine) as document:
        region = rows_from(document, 2, 3)
        answer = answer_about(document, region)
        assert answer.text == "12.50" and region.box.contains(answer.boxes[0])
        whole = document.page(1).image
        assert whole is not None
        answer_about(document, None)
    part, page = engine.pages
    x0, y0, x1, y1 = (round(side) for side in region.box.as_list(0))
    assert part.image is not None and page.image is not None
    assert np.abs(np.subtract(part.image.shape[:2], (y1 - y0, x1 - x0))).max() <= 1
    x0, y0 = int(region.box.x0), int(region.box.y0)
    height, width = part.image.shape[:2]
    assert np.array_equal(part.image, whole[y0 : y0 + height, x0 : x0 + width])
    assert np.array_equal(page.image, whole)
    for shown in (part, page):
        assert shown.plan is not None and shown.image is not None
        assert (shown.plan.page_height, shown.plan.page_width) == shown.image.shape[:2]
    assert part.key != page.key


def test_boxes_with_the_same_words_in_them_are_two_pictures(pdf: Path, store: Store) -> None:
    engine = WrittenEngine(first_total, sees_pixels=True)
    with open_with(pdf, store, engine) as document:
        region = rows_from(document, 2, 2)
        for wider in (0, 8):
            box = region.box
            answer_about(document, Region(1, Box(box.x0, box.y0, box.x1 + wider, box.y1)))
    one, other = engine.pages
    assert one.reader_text == other.reader_text and one.key != other.key


def test_a_word_that_the_box_cuts_through_is_shown_whole(pdf: Path, store: Store) -> None:
    engine = WrittenEngine(first_total, sees_pixels=True)
    with open_with(pdf, store, engine) as document:
        (outcome,) = document.read()
        assert outcome.reading is not None
        label, value = outcome.reading.lines[2].words
        through = Box(label.box.x0 + 3, label.box.y0 + 3, value.box.x1 - 3, value.box.y1 - 3)
        assert answer_about(document, Region(1, through)).text == "12.50"
    (part,) = engine.pages
    assert part.image is not None
    assert part.image.shape[1] >= int(value.box.x1 - label.box.x0)


@pytest.mark.parametrize("name", ["all", "1", "1,2", "3 in nowhere"])
def test_names_of_pages_name_no_region(name: str) -> None:
    assert Region.named(name) is None


@pytest.mark.parametrize("name", ["3 in 10,20,300,150", "3 in [10.0, 20.0, 300.0, 150.0]"])
def test_a_region_is_known_by_its_name(name: str) -> None:
    region = Region.named(name)
    assert region == Region(3, Box(10, 20, 300, 150))
    assert region is not None and region.name == "3 in 10,20,300,150"
