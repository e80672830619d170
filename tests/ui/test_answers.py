from __future__ import annotations

import html
import json
import re

from docvlm.errors import InputError
from docvlm.models.protocol import EngineCard
from docvlm.pipeline import Region
from docvlm.types import Answer, Box
from docvlm.ui.answers import answers_html, other_document_html, pending_html, suggestions_html
from docvlm.ui.conversation import Asked
from docvlm.ui.notices import error_html, model_html

BOX = Box(10, 20, 110, 40)
EVIL = "<script>alert('1')</script>\" onclick=\"x"


def test_nothing_from_documents_or_users_reaches_the_page_unescaped() -> None:
    for text in (
        answers_html([Asked(Answer(EVIL, EVIL, 0.5, 1, (BOX,)))], focus=EVIL),
        pending_html(EVIL, EVIL, EVIL),
        other_document_html(1, EVIL, Answer(EVIL, EVIL, 0.5, 1)),
        suggestions_html([EVIL]),
        error_html(InputError(EVIL, EVIL)),
        model_html(EngineCard(EVIL, "1", False, EVIL, adapter=EVIL), "", None),
    ):
        assert "<script" not in text
        assert '" onclick="' not in text
        assert "&lt;script&gt;" in text


def test_not_found_is_said_plainly_and_has_no_place() -> None:
    text = answers_html([Asked(Answer("Who?", None, 0.9))])
    assert "Not found" in text
    assert "data-boxes" not in text and 'class="chip"' not in text


def test_where_a_long_document_was_not_read_everywhere_it_is_said() -> None:
    missing = Answer("Who?", None, 0.9)
    assert "3 parts of these 40 pages" in answers_html([Asked(missing)], page_count=40)
    assert "parts of" not in answers_html([Asked(missing)], page_count=3)
    assert "parts of" not in answers_html([Asked(missing, 7)], page_count=40)


def test_an_answer_carries_its_boxes_in_pixels_of_the_page() -> None:
    text = answers_html([Asked(Answer("Total?", "9.00", 0.9, 3, (BOX,)))])
    boxes = re.search(r'data-boxes="([^"]+)"', text)
    assert boxes is not None
    assert json.loads(html.unescape(boxes[1])) == [[10, 20, 110, 40]]
    assert 'data-page="3"' in text


def test_only_the_last_answer_is_lit() -> None:
    answers = [Answer("first?", "a", 0.9, 1, (BOX,)), Answer("second?", "b", 0.2, 2, (BOX,))]
    asked = [Asked(answer) for answer in answers]
    text = answers_html(asked, focus="now")
    assert text.count("data-focus") == 1
    assert text.index("second?") > text.index("data-focus") > text.index("first?")
    text = answers_html(asked, focus="now", lit=asked[0])
    assert text.count("data-focus") == 1 and text.index("data-focus") < text.index("second?")


def test_an_answer_that_is_kept_as_a_label_says_so() -> None:
    answers = [Asked(Answer("first?", "a", 0.9, 1, (BOX,)))]
    assert 'data-choice="right:0"' in answers_html(answers)
    assert "Kept as a label" in answers_html(answers, labelled={"first?": "a"})


def test_an_answer_about_a_box_says_so_and_is_no_label_of_the_document() -> None:
    for answer in (Answer("first?", "a", 0.9, 2, (BOX,)), Answer("first?", None, 0.9)):
        text = answers_html([Asked(answer, Region(2, BOX))], labelled={"first?": answer.text})
        assert "Box on page 2" in text
        assert "right:0" not in text and "Kept as a label" not in text


def test_an_answer_about_a_page_says_so_and_is_kept_for_itself() -> None:
    found, none = Answer("first?", "b", 0.9, 2, (BOX,)), Answer("first?", None, 0.9)
    both = [Asked(Answer("first?", "a", 0.9, 1, (BOX,))), Asked(found, 2)]
    whole, page = answers_html(both, labelled={"first?": "b"}).split('data-mark="answer:1"')
    assert "Page 1<" in whole and "Page 2 alone" in page
    assert "Kept as a label" in page and "Kept as a label" not in whole
    assert 'data-choice="right:1"' in answers_html(both)
    page = answers_html(both, labelled={"first?": "a"}).split('data-mark="answer:1"')[1]
    assert "Kept as a label" not in page
    text = answers_html([Asked(none, 2)])
    assert "Not found" in text and "Page 2 alone" in text and "right:0" not in text


def test_model_line_says_what_is_going_on() -> None:
    assert "Fetching the model" in model_html(None, "Fetching the model", None)
    card = EngineCard("embedded", "1", False, "It reads words only.", adapter="receipts")
    assert "reads words only" in model_html(card, "", None) and "receipts" in model_html(card, "", None)
    assert "cannot be had" in model_html(None, "x", InputError("The model cannot be had."))
