"""Images of all kinds as pages."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from docvlm.config import Limits
from docvlm.errors import InputError
from docvlm.ingest import open_document
from docvlm.types import Page, PageStatus


def encoded(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def read(data: bytes, limits: Limits | None = None) -> Page:
    with open_document(data, limits=limits) as document:
        (page,) = document.pages()
    return page


def pixels(page: Page) -> np.ndarray:
    assert page.status is PageStatus.OK, page.reason
    assert page.image is not None
    assert page.image.shape == (page.height, page.width, 3)
    return page.image


def two_colors(mode: str = "RGB") -> Image.Image:
    image = Image.new("RGB", (40, 20), (250, 250, 250))
    image.paste((200, 30, 30), (0, 0, 20, 20))
    return image.quantize() if mode == "P" else image.convert(mode)


@pytest.mark.parametrize(
    ("file_format", "mode"),
    [
        ("PNG", "RGB"),
        ("PNG", "P"),
        ("PNG", "RGBA"),
        ("JPEG", "RGB"),
        ("JPEG", "CMYK"),
        ("WEBP", "RGB"),
        ("BMP", "RGB"),
        ("GIF", "P"),
        ("TIFF", "RGB"),
        ("TIFF", "CMYK"),
        ("TIFF", "LAB"),
    ],
)
def test_formats_and_modes_keep_their_colors(file_format: str, mode: str) -> None:
    if mode == "LAB":
        from PIL import ImageCms

        profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        image = ImageCms.profileToProfile(two_colors(), *profiles, outputMode="LAB")
        assert image is not None
    else:
        image = two_colors(mode)
    result = pixels(read(encoded(image, file_format))).astype(int)
    assert result.shape == (20, 40, 3)
    assert np.abs(result[10, 5] - (200, 30, 30)).max() < 25
    assert np.abs(result[10, 35] - (250, 250, 250)).max() < 25


def test_exif_rotation_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn 90° clockwise to view
    result = pixels(read(encoded(two_colors(), "JPEG", exif=exif, quality=95)))
    assert result.shape == (40, 20, 3)
    assert result[5, 10, 1] < 80 < result[35, 10, 1]


@pytest.mark.parametrize("white", [1023, 4095, 65535])
def test_deep_grey_is_scaled_not_clipped(white: int) -> None:
    samples = np.linspace(0, white, 64).astype(np.uint16).reshape(1, 64).repeat(4, axis=0)
    row = pixels(read(encoded(Image.fromarray(samples), "PNG")))[0, :, 0].astype(int)
    assert row[0] == 0 and row[-1] == 255
    assert np.abs(row - np.linspace(0, 255, 64)).max() <= 2


@pytest.mark.parametrize(("ink", "backdrop"), [("white", 0), ("black", 255)])
def test_print_on_transparency_stays_legible(ink: str, backdrop: int) -> None:
    image = Image.new("RGBA", (60, 30), (0, 0, 0, 0))
    ImageDraw.Draw(image).text((5, 5), "Text", fill=ink)
    result = pixels(read(encoded(image, "PNG")))
    assert result[0, 0, 0] == backdrop
    assert int(result.max()) - int(result.min()) > 200


def test_a_window_with_transparent_corners_goes_on_white() -> None:
    image = Image.new("RGBA", (60, 30), (0, 0, 0, 0))
    image.paste((240, 240, 240, 255), (3, 3, 57, 27))
    assert pixels(read(encoded(image, "PNG")))[0, 0].tolist() == [255, 255, 255]


def test_each_frame_of_a_tiff_is_a_page() -> None:
    frames = [Image.new("RGB", (10 + number, 8), (number * 60, 0, 0)) for number in range(3)]
    data = encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    with open_document(data) as document:
        assert document.info.page_count == 3
        pages = list(document.pages([3, 1]))
    assert [(page.number, page.width) for page in pages] == [(3, 12), (1, 10)]
    assert pixels(pages[0])[0, 0, 0] == 120


def test_an_animation_is_one_page_and_says_so() -> None:
    frames = [Image.new("RGB", (12, 8), color) for color in ("red", "green", "blue")]
    page = read(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert pixels(page)[0, 0].tolist() == [255, 0, 0]
    assert "3 frames" in page.notes[0]


@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
def test_a_large_image_is_reduced_to_the_limit_and_says_so(file_format: str) -> None:
    page = read(encoded(Image.new("RGB", (600, 400), "teal"), file_format), Limits(page_pixels=60_000))
    assert page.width * page.height <= 60_000
    assert page.width / page.height == pytest.approx(1.5, rel=0.02)
    assert "600 × 400" in page.notes[0]
    assert pixels(page)[0, 0, 1] > 100


def test_a_decompression_bomb_is_refused_from_its_header() -> None:
    data = encoded(Image.new("1", (20_000, 20_000)), "PNG")
    assert len(data) < 100_000
    page = read(data)
    assert page.status is PageStatus.FAILED
    assert page.reason is not None and "20,000 × 20,000 pixels" in page.reason


def test_a_cut_off_image_gives_what_is_there() -> None:
    data = encoded(Image.effect_noise((200, 200), 80), "JPEG")
    page = read(data[: len(data) // 2])
    assert page.status is PageStatus.OK
    assert "cut off" in page.notes[0]


def test_a_broken_header_is_one_sentence() -> None:
    with pytest.raises(InputError, match="too damaged"):
        open_document(b"\x89PNG\r\n\x1a\n" + b"\0" * 40, name="broken.png")


def test_the_type_is_told_by_content_and_a_path_works_like_bytes(tmp_path: Path) -> None:
    path = tmp_path / "really_a_png.pdf"
    path.write_bytes(encoded(two_colors(), "PNG"))
    with open_document(path) as document:
        assert document.info.media_type == "image/png"
        assert document.info.name == path.name
        assert document.info.byte_count == path.stat().st_size
        (page,) = document.pages()
    assert page.text_layer is None and page.points_per_pixel is None
