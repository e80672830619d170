"""The page as HTML: parsed back, so that what is tested is what a browser would see."""

from __future__ import annotations

import base64
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from docvlm.tiling import Budget, plan_tiles
from docvlm.types import Box, RgbImage, Word
from docvlm.ui.page_view import LONGEST_SIDE, PagePicture, overlay_svg, page_html, picture_of


def _image(width: int, height: int) -> RgbImage:
    return np.full((height, width, 3), 255, dtype=np.uint8)


def _picture(width: int = 1200, height: int = 1600, words: tuple[Word, ...] | None = None) -> PagePicture:
    tiles = plan_tiles(width, height, Budget.parse("balanced")).tiles
    return PagePicture(1, width, height, "data:image/jpeg;base64,AA==", tiles, words)


def _rects(svg: str, kind: str) -> list[ElementTree.Element]:
    return [
        node for node in ElementTree.fromstring(svg).iter("rect") if kind in node.get("class", "").split()
    ]


def test_overlay_is_in_pixels_of_the_page() -> None:
    root = ElementTree.fromstring(overlay_svg(_picture(), ()))
    assert root.get("viewBox") == "0 0 1200 1600"


def test_every_evidence_box_is_an_element_around_its_words() -> None:
    boxes = (Box(100, 200, 300, 230), Box(100, 240, 180, 270))
    rects = _rects(overlay_svg(_picture(), boxes), "evidence-box")
    assert len(rects) == 2
    for rect, box in zip(rects, boxes, strict=True):
        x, y = float(rect.get("x", "")), float(rect.get("y", ""))
        drawn = Box(x, y, x + float(rect.get("width", "")), y + float(rect.get("height", "")))
        assert drawn.contains(box)
        assert drawn.area < 2 * box.area


def test_evidence_never_leaves_the_page() -> None:
    (rect,) = _rects(overlay_svg(_picture(), (Box(0, 0, 1200, 1600),)), "evidence-box")
    assert [rect.get(key) for key in ("x", "y", "width", "height")] == ["0.0", "0.0", "1200.0", "1600.0"]


def test_tiles_of_the_overlay_are_those_of_the_plan() -> None:
    picture = _picture()
    rects = _rects(overlay_svg(picture, ()), "tile")
    drawn = {tuple(float(rect.get(key, "")) for key in ("x", "y", "width", "height")) for rect in rects}
    assert drawn == {
        (float(x0), float(y0), float(x1 - x0), float(y1 - y0))
        for x0, y0, x1, y1 in (t.source for t in picture.tiles)
    }


def test_words_are_counted_and_drawn_once_read() -> None:
    words = (Word("Total", Box(10, 10, 60, 30)), Word("9.00", Box(80, 10, 120, 30)))
    read = page_html("a.pdf", 1, _picture(words=words), ())
    unread = page_html("a.pdf", 1, _picture(), ())
    assert 'data-read="1"' in read and read.count('class="word"') == 2
    assert 'data-read="0"' in unread and 'class="word"' not in unread


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=alert(1)>.pdf", 'a" onclick="alert(1).pdf', "${alert(1)}.pdf"]
)
def test_names_are_escaped(name: str) -> None:
    html = page_html(name, 1, _picture(), ())
    assert "<img src=x" not in html
    assert 'onclick="' not in html


def test_first_and_last_page_have_nowhere_to_go() -> None:
    html = page_html("a.pdf", 1, _picture(), ())
    assert 'data-choice="page:0" aria-label="Previous page" disabled' in html
    assert 'data-choice="page:2" aria-label="Next page" disabled' in html
    html = page_html("a.pdf", 2, _picture(), ())
    assert 'data-choice="page:2" aria-label="Next page">' in html


def test_page_without_picture_says_why_in_escaped_words() -> None:
    html = page_html("a.pdf", 3, PagePicture(2, 0, 0, "", problem="Page 2 is <broken>."), ())
    assert "Page 2 is &lt;broken&gt;." in html
    assert "<svg class" not in html.split("page-empty")[1]


def test_large_pages_are_sent_smaller_but_measured_in_page_pixels() -> None:
    image = _image(3000, 4000)
    picture = picture_of(1, image, plan_tiles(3000, 4000, Budget.parse("fast")))
    data = base64.b64decode(picture.image_uri.partition(",")[2])
    sent = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert sent is not None
    assert sent.shape[:2] == (LONGEST_SIDE, LONGEST_SIDE * 3 // 4)
    assert (picture.width, picture.height) == (3000, 4000)
