"""Pictures as cameras, printers and scanners write them are read; one that is too much is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from tests.batch.faults.conftest import Batch
from tests.batch.files import write_pdf

pytestmark = pytest.mark.slow


def picture(text: str, paper: str = "white", ink: str = "black") -> Image.Image:
    image = Image.new("RGB", (420, 110), paper)
    ImageDraw.Draw(image).text((30, 30), text, ink, ImageFont.load_default(40))
    return image


def save_cmyk(path: Path) -> None:
    picture("Number 4711").convert("CMYK").save(path)


def save_16_bit(path: Path) -> None:
    samples = np.asarray(picture("Number 4711").convert("L"), np.uint16) * 257
    Image.fromarray(samples).save(path)


def save_dark_print_on_nothing(path: Path) -> None:
    ink = picture("Number 4711", "black", "white").convert("L")
    image = Image.new("RGBA", ink.size, (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), mask=ink)
    image.save(path)


def save_light_print_on_nothing(path: Path) -> None:
    ink = picture("Number 4711", "black", "white").convert("L")
    image = Image.new("RGBA", ink.size, (255, 255, 255, 0))
    image.paste((255, 255, 255, 255), mask=ink)
    image.save(path)


def save_turned_by_exif(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° to the right
    picture("Number 4711").transpose(Image.Transpose.ROTATE_90).save(path, exif=exif)


def save_frames(path: Path) -> None:
    first, *others = (picture(f"Number 471{number}") for number in (1, 2, 3))
    first.save(path, save_all=True, append_images=others)


def save_palette(path: Path) -> None:
    picture("Number 4711").quantize(8).save(path)


PICTURES: dict[str, Callable[[Path], None]] = {
    "cmyk.jpg": save_cmyk,
    "cmyk.tif": save_cmyk,
    "deep.png": save_16_bit,
    "deep.tif": save_16_bit,
    "dark-alpha.png": save_dark_print_on_nothing,
    "light-alpha.webp": save_light_print_on_nothing,
    "turned.jpg": save_turned_by_exif,
    "frames.tif": save_frames,
    "frames.gif": save_frames,
    "palette.png": save_palette,
}


def test_every_kind_of_picture_is_read(batch: Batch) -> None:
    for name, save in PICTURES.items():
        save(batch.folder / name)
    out = batch.home.parent / "out.jsonl"
    assert batch.reasons("--out", str(out)) == {}
    texts = {
        line["file"]: [" ".join(row["text"] for row in page["lines"]) for page in line["pages"]]
        for line in map(json.loads, out.read_text().splitlines())
    }
    for name in PICTURES:
        numbers = ("4711", "4712", "4713") if name == "frames.tif" else ("4711",)
        assert len(texts[name]) == len(numbers), name
        for text, number in zip(texts[name], numbers, strict=True):
            assert number in text, (name, text)


def test_a_picture_that_needs_more_memory_than_a_parser_may_take(batch: Batch) -> None:
    Image.new("L", (9_700, 9_700), 255).convert("RGB").save(batch.folder / "large.png")
    batch.variables["DOCVLM_LIMIT_WORKER_BYTES"] = str(500 * 2**20)
    reason = batch.reasons()["large.png"]
    assert "more memory than the limit worker_bytes" in reason


def test_a_picture_whose_reading_takes_more_memory_than_a_reader_may(batch: Batch) -> None:
    """The process that recognises print is killed; what needs no recognising is done before and after."""
    full = Image.new("RGB", (6 * 420, 20 * 110))  # a page that takes seconds, so that its memory is looked at
    for place in range(6 * 20):
        full.paste(picture(f"Number {place}"), (place % 6 * 420, place // 6 * 110))
    full.save(batch.folder / "heavy.png")
    write_pdf(batch.folder / "last.pdf", ["Needs little"])
    batch.variables["DOCVLM_LIMIT_READER_BYTES"] = str(200 * 2**20)
    log = batch.home / "log.jsonl"
    reasons = batch.reasons("--log", str(log))
    assert reasons == {
        "heavy.png": "Page 1 of 'heavy.png' needs more memory than the limit reader_bytes allows (200 MiB). "
        "Raise DOCVLM_LIMIT_READER_BYTES, and retry failures (--retry-failed)."
    }
    lost = [
        event for event in map(json.loads, log.read_text().splitlines()) if event["event"] == "worker.lost"
    ]
    assert [event["why"] for event in lost] == ["memory"]

    del batch.variables["DOCVLM_LIMIT_READER_BYTES"]
    assert batch.reasons("--retry-failed") == {}
