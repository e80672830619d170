"""What drawn pages promise: the same for a seed, with boxes that hold the ink of their words."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import numpy as np
import pytest

from docvlm.types import Box, RgbImage
from finetune.synthesis.drawing import KINDS, DrawnPage, draw_page
from tests.conftest import REPOSITORY


@cache
def clean(kind: str, number: int = 0) -> DrawnPage:
    return draw_page(f"test:{number}", [kind], effects=False)


@cache
def taken(kind: str, number: int = 0) -> DrawnPage:
    return draw_page(f"test:{number}", [kind])


def part(image: RgbImage, box: Box) -> RgbImage:
    return image[max(0, int(box.y0)) : round(box.y1) + 1, max(0, int(box.x0)) : round(box.x1) + 1]


@pytest.mark.parametrize("kind", KINDS)
def test_the_ink_of_a_word_fills_its_box(kind: str) -> None:
    page = clean(kind)
    for word in page.document.reading.words:
        levels = part(page.image, word.box).mean(axis=2)
        assert np.ptp(levels) > 60, word
        # The box lies on the page and is not much wider than its letters can be.
        assert word.box.x0 >= 0 and word.box.x1 <= page.document.reading.width
        assert word.box.width < 45 * len(word.text) + 10


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_words_stay_in_their_boxes_through_every_effect(kind: str, number: int) -> None:
    page = taken(kind, number)
    assert page.image.shape == (page.document.reading.height, page.document.reading.width, 3)
    words = [word for word in page.document.reading.words if len(word.text) > 2]
    contrasts = [float(np.ptp(part(page.image, word.box).mean(axis=2))) for word in words]
    assert np.median(contrasts) > 50
    assert sum(contrast > 20 for contrast in contrasts) >= 0.97 * len(contrasts)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fact_stands_in_its_boxes(kind: str) -> None:
    page = taken(kind, 4)
    assert page.document.facts
    words = page.document.reading.words
    for fact, value in page.document.facts.items():
        boxes = page.fact_boxes[fact]
        inside = [word.text for word in words if any(box.contains(word.box, 0.01) for box in boxes)]
        assert " ".join(inside) == value or set(value.split()) <= set(inside), (fact, value, inside)


@pytest.mark.parametrize("kind", KINDS)
def test_every_character_of_a_word_has_a_box_within_the_words(kind: str) -> None:
    page = taken(kind, 4)
    assert len(page.glyphs) == len(page.document.reading.words)
    for word, glyphs in zip(page.document.reading.words, page.glyphs, strict=True):
        assert glyphs.shape == (len(word.text), 4)
        centers = (glyphs[:, :2] + glyphs[:, 2:]) / 2
        slack = 1.5 + 0.1 * word.box.height
        assert (centers >= (word.box.x0 - slack, word.box.y0 - slack)).all()
        assert (centers <= (word.box.x1 + slack, word.box.y1 + slack)).all()
        assert (np.diff(centers[:, 0]) > -1).all(), word.text


def test_a_ticked_choice_is_the_value_of_its_label() -> None:
    found = 0
    for number in range(6):
        page = draw_page(f"ticked:{number}", ["application"], "en", effects=False)
        text = [word.text for word in page.document.reading.words]
        assert "☒" not in text and "☐" not in text
        for row in page.document.rows("entries"):
            if row["label"].rstrip(":") in ("Smoker", "Member"):
                found += 1
                assert row["value"] in ("Yes", "No")
                assert {"Yes", "No"} <= set(text)
    assert found


def test_a_seed_gives_the_same_page_in_every_process() -> None:
    program = (
        "import hashlib; from finetune.synthesis.drawing import draw_page\n"
        "pages = [draw_page(f'same:{n}', longest=700) for n in range(5)]\n"
        "print([(hashlib.sha256(p.image.tobytes()).hexdigest(), p.document.reading.words[0]) for p in pages])"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed},
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


def test_other_seeds_give_other_pages() -> None:
    shapes = {draw_page(f"other:{number}", ["invoice"], effects=False).image.shape for number in range(4)}
    assert len(shapes) == 4


def test_a_page_can_be_limited_in_size_and_language() -> None:
    page = draw_page("small", ["receipt"], "pl", longest=400)
    assert max(page.image.shape) == 400
    assert page.document.language == "pl"
    whole = Box(0, 0, page.image.shape[1], page.image.shape[0])
    assert all(whole.contains(word.box) for word in page.document.reading.words)
