import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest

from docvlm.reading import page_json, to_hocr, to_markdown, unread_page_json
from docvlm.reading.order import Segment, arrange
from docvlm.types import Box, Page, PageStatus, Reading, ReadingSource, Word
from tests.reading.pages import segment


def reading_of(segments):
    return Reading(3, ReadingSource.TEXT_LAYER, 900, 1000, arrange(segments), points_per_pixel=0.36)


def test_json_has_the_promised_keys():
    found = json.loads(json.dumps(page_json(reading_of([segment("Total 9.00", 50, 60)]))))
    assert {"number", "status", "source", "width", "height", "words"} <= found.keys()
    assert (found["number"], found["status"], found["source"]) == (3, "ok", "text-layer")
    assert found["words"][1] == {
        "text": "9.00",
        "box": [110.0, 60.0, 150.0, 80.0],
        "confidence": 1.0,
        "line": 0,
    }


def test_json_of_a_page_that_failed_has_the_same_keys_and_the_reason():
    failed = unread_page_json(Page(2, PageStatus.FAILED, 0, 0, None, reason="took too long"))
    assert failed["status"] == "failed"
    assert failed["reason"] == "took too long"
    assert failed.keys() == {*page_json(reading_of([])).keys(), "reason"}


def test_hocr_is_xml_with_every_word_in_its_box():
    nasty = Segment(
        (Word('<b>&"x', Box(10.4, 20.6, 60.2, 40.1), 0.876), Word("a\x00\x07b", Box(70, 20, 90, 40)))
    )
    root = ElementTree.fromstring(to_hocr([reading_of([nasty]), reading_of([])], title="A & B").encode())
    words = [node for node in root.iter() if node.get("class") == "ocrx_word"]
    assert [node.text for node in words] == ['<b>&"x', "a��b"]
    assert words[0].get("title") == "bbox 10 20 61 41; x_wconf 88"
    pages = [node.get("title") for node in root.iter() if node.get("class") == "ocr_page"]
    assert pages == ["bbox 0 0 900 1000; ppageno 2; scan_res 200 200"] * 2


def test_markdown_has_headings_lists_tables_and_joined_paragraphs():
    title = replace(segment("Annual report", 50, 20, height=40, character_width=20), font_size=24)
    body = [
        replace(segment(text, 50, 120 + 26 * row), font_size=10)
        for row, text in enumerate(("A first line of text", "and a second one.", "- apples", "- pears"))
    ]
    table = [
        replace(segment(text, 50 + 300 * column, 320 + 26 * row), font_size=10)
        for row, cells in enumerate((("Item", "Price"), ("Tea|mint", "2.50"), ("Milk", "1.10")))
        for column, text in enumerate(cells)
    ]
    assert to_markdown(reading_of([title, *body, *table])) == (
        "# Annual report\n\n"
        "A first line of text and a second one.\n\n"
        "- apples\n- pears\n\n"
        "| Item | Price |\n| --- | --- |\n| Tea\\|mint | 2.50 |\n| Milk | 1.10 |\n"
    )


def test_markdown_keeps_print_from_turning_into_marks():
    assert (
        to_markdown(reading_of([segment("# 5 *stars* _here_", 50, 20)])) == "\\# 5 \\*stars\\* \\_here\\_\n"
    )


@pytest.mark.parametrize(
    ("printed", "written"),
    [
        ("2019. gada 5. maijs", "2019\\. gada 5. maijs"),
        ("----------", "\\----------"),
        ("- - - -", "\\- - - -"),
        ("Write &copy; for ©, AT&T", "Write \\&copy; for ©, AT&T"),
        ("was ~~20~~ 15", "was \\~\\~20\\~\\~ 15"),
        ("+ VAT", "\\+ VAT"),
        ("-5 degrees", "-5 degrees"),
        ("12.50 EUR", "12.50 EUR"),
    ],
)
def test_markdown_shows_what_is_printed(printed, written):
    assert to_markdown(reading_of([segment(printed, 50, 20)])) == written + "\n"


def test_a_number_sign_at_the_end_of_a_heading_stays():
    title = replace(segment("Order #", 50, 20, height=40), font_size=24)
    body = replace(segment("some words of text", 50, 120), font_size=10)
    assert to_markdown(reading_of([title, body])) == "# Order \\#\n\nsome words of text\n"


def test_markdown_takes_one_mark_off_an_item_and_keeps_what_follows():
    rows = ("– 3. Oktober: Feiertag", "2. - 5 Grad", "• * mit Stern")
    segments = [segment(text, 50, 20 + 26 * row) for row, text in enumerate(rows)]
    assert to_markdown(reading_of(segments)) == "- 3. Oktober: Feiertag\n2. - 5 Grad\n- \\* mit Stern\n"


def test_nothing_gives_empty_forms():
    assert to_markdown(reading_of([])) == ""
    assert page_json(reading_of([]))["words"] == []
