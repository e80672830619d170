"""PDF pages as they come out of ``open_document``: boxes, visibility, resolution, passwords."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pymupdf
import pytest
from PIL import Image

from docvlm.errors import PasswordError
from docvlm.ingest import open_document
from docvlm.types import LayerWord, Page, PageStatus

PAGE = (300, 200)
WHITE = (1, 1, 1)


def new_page() -> tuple[pymupdf.Document, pymupdf.Page]:
    document = pymupdf.open()
    return document, document.new_page(width=PAGE[0], height=PAGE[1])


def read(document: pymupdf.Document, images: bool = True, **options: object) -> Page:
    with open_document(document.tobytes(), **options) as opened:
        (page,) = opened.pages(images=images)
    assert page.status is PageStatus.OK, page.reason
    return page


def words_of(page: Page) -> dict[str, LayerWord]:
    assert page.text_layer is not None
    return {word.text: word for word in page.text_layer}


def ink_in(page: Page, word: LayerWord, grow: float = 0) -> np.ndarray:
    """The dark pixels inside a word's box."""
    assert page.image is not None
    x0, y0, x1, y1 = (round(value) for value in word.box.as_list())
    margin = round(grow)
    area = page.image[max(y0 - margin, 0) : y1 + margin, max(x0 - margin, 0) : x1 + margin]
    return area.min(axis=2) < 128


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_boxes_lie_on_the_print_however_the_page_is_turned_and_cropped(rotation: int) -> None:
    document, page = new_page()
    page.insert_text((60, 60), "Agility", fontsize=12)
    page.set_cropbox(pymupdf.Rect(20, 30, 280, 170))
    page.set_rotation(rotation)
    result = read(document)
    assert (result.width < result.height) == (rotation in (90, 270))
    word = words_of(result)["Agility"]
    assert result.image is not None
    inside, everywhere = ink_in(result, word).sum(), (result.image.min(axis=2) < 128).sum()
    assert inside == everywhere > 0
    assert word.box.area < 4 * ink_in(result, word).sum() * 2


def test_text_printed_sideways_keeps_its_box() -> None:
    document, page = new_page()
    page.insert_text((100, 150), "sideways", rotate=90)
    result = read(document)
    box = words_of(result)["sideways"].box
    assert box.height > 2 * box.width
    assert ink_in(result, words_of(result)["sideways"]).any()


@pytest.mark.parametrize("images", [True, False])
def test_what_a_viewer_does_not_paint_is_marked_invisible(images: bool) -> None:
    document, page = new_page()
    page.draw_rect(pymupdf.Rect(0, 100, 300, 200), color=None, fill=(0, 0, 0.4))
    page.insert_text((20, 30), "plain")
    page.insert_text((20, 50), "mode3", render_mode=3)
    page.insert_text((20, 70), "transparent", fill_opacity=0)
    page.insert_text((20, 90), "whiteonwhite", color=WHITE)
    page.insert_text((20, 130), "whiteonblue", color=WHITE)
    page.insert_text((-200, 150), "beside")
    words = words_of(read(document, images))
    assert {text: word.visible for text, word in words.items()} == {
        "plain": True,
        "mode3": False,
        "transparent": False,
        "whiteonwhite": False,
        "whiteonblue": True,
        "beside": False,
    }


def test_text_under_an_image_is_invisible_and_text_over_it_is_not() -> None:
    document, page = new_page()
    page.insert_text((40, 60), "buried")
    page.insert_image(pymupdf.Rect(20, 20, 200, 150), stream=png(Image.new("RGB", (60, 40), "orange")))
    page.insert_text((40, 100), "stamped")
    words = words_of(read(document))
    assert not words["buried"].visible
    assert words["stamped"].visible


@pytest.mark.parametrize("shift", [(0, 0), (0.4, 0), (1, 1)])
def test_what_is_printed_twice_in_one_place_is_one_word_and_bold_where_it_looks_so(
    shift: tuple[float, float],
) -> None:
    document, page = new_page()
    for dx, dy in ((0, 0), shift):
        page.insert_text((20 + dx, 50 + dy), "Total EUR")
        page.insert_text((200 + dx, 50 + dy), "119,00")
    page.insert_text((20, 65), "Total 119,00 1 1 1 ll")
    words = read(document).text_layer
    assert words is not None
    assert [word.text for word in words[:3]] == ["Total", "EUR", "119,00"]
    assert {word.bold for word in words[:3]} == {shift != (0, 0)}
    assert [word.text for word in words[3:]] == ["Total", "119,00", "1", "1", "1", "ll"]
    assert not any(word.bold for word in words[3:])


def test_of_hidden_and_seen_text_in_one_place_the_seen_one_stays() -> None:
    document, page = new_page()
    for x, mode in ((20, 3), (20.5, 0), (19.5, 3), (20.5, 0)):
        page.insert_text((x, 50), "under", render_mode=mode)
    page.insert_text((20, 80), "over")
    page.insert_text((20, 80), "over", render_mode=3)
    words = read(document).text_layer
    assert words is not None
    assert [(word.text, word.visible, word.bold) for word in words] == [
        ("under", True, False),
        ("over", True, False),
    ]


def test_text_under_a_filled_rectangle_is_invisible_and_text_over_it_is_not() -> None:
    document, page = new_page()
    page.draw_rect(pymupdf.Rect(10, 5, 290, 25), color=None, fill=(0.8, 0.8, 0.8))
    page.insert_text((20, 20), "shaded")
    page.insert_text((20, 50), "IBAN: DE89370400440532013000")
    page.draw_rect(pymupdf.Rect(52, 40, 230, 53), color=None, fill=(0, 0, 0))
    page.insert_text((20, 80), "marked")
    page.add_highlight_annot(pymupdf.Rect(20, 70, 70, 84))
    page.insert_text((20, 110), "tinted")
    page.draw_rect(pymupdf.Rect(10, 98, 100, 114), color=None, fill=(1, 1, 0), fill_opacity=0.4)
    page.insert_text((20, 140), "framed")
    page.draw_rect(pymupdf.Rect(10, 128, 100, 144), color=(0, 0, 0))
    page.insert_text((20, 170), "erased")
    page.draw_rect(pymupdf.Rect(10, 158, 100, 174), color=None, fill=WHITE)
    words = words_of(read(document))
    assert {text for text, word in words.items() if not word.visible} == {"DE89370400440532013000", "erased"}
    assert {"shaded", "IBAN:", "marked", "tinted", "framed"} < set(words)


def test_text_painted_over_and_printed_anew_is_read_anew() -> None:
    document, page = new_page()
    page.insert_text((20, 50), "Total EUR 100,00 net")
    page.draw_rect(pymupdf.Rect(74, 40, 109, 54), color=None, fill=WHITE)
    page.insert_text((75, 50), "950,00")
    page.insert_text((20, 80), "kept")
    page.draw_rect(pymupdf.Rect(18, 70, 109, 84), color=None, fill=WHITE)
    page.insert_text((20, 80), "kept")
    words = words_of(read(document))
    assert {text: word.visible for text, word in words.items()} == dict.fromkeys(
        ("Total", "EUR", "950,00", "net", "kept"), True
    )


def test_what_a_clip_path_cuts_off_is_invisible() -> None:
    document, page = new_page()
    page.insert_text((20, 20), "before")
    contents = page.get_contents()[0]
    cell = b"q 20 100 65 20 re W n BT /helv 11 Tf 20 110 Td (Consulting services for the month) Tj ET Q"
    tight = b"q 20 60 200 9 re W n BT /helv 11 Tf 20 60 Td (Quantity) Tj ET Q"
    document.update_stream(contents, document.xref_stream(contents) + b"\n" + cell + b"\n" + tight)
    page.insert_text((80, 90), "12")
    words = words_of(read(document))
    assert {text: word.visible for text, word in words.items()} == {
        "before": True,
        "Consulting": True,
        "services": False,
        "for": False,
        "the": False,
        "month": False,
        "Quantity": True,
        "12": True,
    }


def test_ticks_of_forms_are_ticks() -> None:
    document, page = new_page()
    widget = pymupdf.Widget()
    widget.field_type, widget.field_name = pymupdf.PDF_WIDGET_TYPE_CHECKBOX, "paid"
    widget.rect, widget.field_value = pymupdf.Rect(20, 60, 40, 80), True
    page.add_widget(widget)
    page.insert_text((50, 75), "paid 4")
    page.insert_text((20, 100), "4 8 n", fontname="zadb")
    words = read(document).text_layer
    assert words is not None
    assert sorted(word.text for word in words) == sorted(["✓", "paid", "4", "✓", "✗", "■"])


def test_text_outside_the_crop_box_is_invisible_and_does_not_disturb_the_rest() -> None:
    document, page = new_page()
    page.insert_text((20, 15), "cropped above")
    page.insert_text((60, 60), "kept")
    page.set_cropbox(pymupdf.Rect(40, 30, 280, 170))
    words = words_of(read(document))
    assert not words["cropped"].visible
    assert words["kept"].visible


def test_font_size_bold_and_line_numbers() -> None:
    document, page = new_page()
    page.insert_text((20, 40), "Title", fontname="hebo", fontsize=18)
    page.insert_text((20, 80), "body text", fontsize=9)
    words = words_of(read(document))
    assert words["Title"].bold and words["Title"].font_size == pytest.approx(18)
    assert not words["body"].bold and words["body"].font_size == pytest.approx(9)
    assert (words["body"].block, words["body"].line) == (words["text"].block, words["text"].line)
    assert (words["Title"].block, words["Title"].line) != (words["body"].block, words["body"].line)


def test_boxes_are_in_pixels_of_the_page() -> None:
    document, page = new_page()
    page.insert_text((72, 72), "Hello", fontsize=10)
    result = read(document, dpi=144)
    assert (result.width, result.height) == (600, 400)
    assert result.points_per_pixel == 0.5
    box = words_of(result)["Hello"].box
    assert box.x0 == pytest.approx(144, abs=0.1)
    assert box.y0 < 144 < box.y1


def test_without_images_everything_else_is_the_same() -> None:
    document, page = new_page()
    page.insert_text((72, 72), "same words twice")
    with_image, without = read(document), read(document, images=False)
    assert without.image is None
    assert without.text_layer == with_image.text_layer
    assert (without.width, without.height) == (with_image.width, with_image.height)


def test_a_scanned_page_is_drawn_at_the_resolution_of_the_scan() -> None:
    document, page = new_page()
    scan = Image.effect_noise((round(300 * 96 / 72), round(200 * 96 / 72)), 60)
    page.insert_image(page.rect, stream=png(scan))
    page.insert_text((20, 20), "hidden reading", render_mode=3)
    result = read(document)
    assert (result.width, result.height) == scan.size
    assert not any(word.visible for word in result.text_layer or ())


def test_encrypted_pdfs_ask_for_the_password(make_pdf: Callable[..., bytes]) -> None:
    data = make_pdf("secret", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="pässwört", owner_pw="owner")
    with pytest.raises(PasswordError, match="needs a password"):
        open_document(data)
    with pytest.raises(PasswordError, match="is wrong") as caught:
        open_document(data, password="guess")
    assert "guess" not in str(caught.value)
    with open_document(data, password="pässwört") as document:
        (page,) = document.pages()
    assert [word.text for word in page.text_layer or ()] == ["secret"]


def test_a_damaged_pdf_is_repaired_and_says_so(make_pdf: Callable[..., bytes]) -> None:
    data = make_pdf("survives", "second")
    with open_document(data[: data.index(b"startxref") - 40]) as document:
        pages = list(document.pages())
    assert [page.status for page in pages] == [PageStatus.OK, PageStatus.OK]
    assert "repaired" in pages[0].notes[0]


def test_pages_of_which_a_cut_file_holds_nothing_fail_and_blank_ones_do_not(
    make_pdf: Callable[..., bytes],
) -> None:
    data = make_pdf("survives", "", "cut", "gone")
    third = data.index(b"stream", data.index(b"[<637574>]"))  # the end of the third page's print
    with open_document(data[:third]) as document:
        pages = list(document.pages())
    assert [page.status for page in pages] == [PageStatus.OK] * 3 + [PageStatus.FAILED]
    assert all("repaired" in page.notes[0] for page in pages[:3])
    assert pages[3].reason == "Page 4 is missing: the file was cut off or damaged."


def test_filled_form_fields_are_part_of_the_text() -> None:
    document, page = new_page()
    widget = pymupdf.Widget()
    widget.field_type, widget.field_name = pymupdf.PDF_WIDGET_TYPE_TEXT, "name"
    widget.rect, widget.field_value = pymupdf.Rect(20, 20, 200, 40), "Ada"
    page.add_widget(widget)
    assert "Ada" in words_of(read(document))


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
