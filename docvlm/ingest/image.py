"""Image files as pages. Worker process only: image decoders are handed hostile files too."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageFile, ImageOps

from docvlm.errors import InputError, LimitError
from docvlm.ingest.damage import CUT_OFF
from docvlm.ingest.file_type import FileType
from docvlm.ingest.messages import OpenRequest, PageReply

# Only these decoders may run. MPO is what phones write into .jpg files: a JPEG with further pictures.
_PILLOW_FORMATS = {
    FileType.PNG: ("PNG",),
    FileType.JPEG: ("JPEG", "MPO"),
    FileType.WEBP: ("WEBP",),
    FileType.BMP: ("BMP",),
    FileType.GIF: ("GIF",),
    FileType.TIFF: ("TIFF",),
}
_DECODED_PIXELS = 6
"""How many times ``page_pixels`` an image may have, to be decoded in full and then reduced."""
_HALF_OPAQUE = 0.5
_BRIGHT = 170  # of 255: the mean of content that white paper would swallow

Image.MAX_IMAGE_PIXELS = None  # sizes are checked here, from the header, before anything is decoded


class ImageSource:
    """An open image file: a page for each frame of a TIFF, else one page."""

    def __init__(self, request: OpenRequest, payload: bytearray) -> None:
        self._request = request
        self._file_type = FileType(request.media_type)
        self._data = bytes(payload) if request.path is None else Path(request.path).read_bytes()
        with self._open() as image:
            frames = getattr(image, "n_frames", 1)
            self.page_count = frames if self._file_type is FileType.TIFF else 1
            self._animation_frames = frames if self._file_type is not FileType.JPEG else 1

    def _open(self) -> Image.Image:
        return Image.open(io.BytesIO(self._data), formats=_PILLOW_FORMATS[self._file_type])

    def read_page(self, number: int, image: bool, preview: bool = False) -> tuple[PageReply, bytes]:
        """One frame as an upright RGB page; there are no words, so never a preview instead.

        Raises:
            LimitError: when the image has more pixels than can be decoded within the limits.
        """
        notes = []
        pixel_limit = self._request.limits.page_pixels
        frame = self._open_frame(number)
        original = (frame.width, frame.height)
        self._check_pixels(frame, number, pixel_limit)
        if not self._load(frame):
            notes.append(CUT_OFF)
        page = to_upright_rgb(frame)
        if page.width * page.height > pixel_limit:
            scale = (pixel_limit / (page.width * page.height)) ** 0.5
            size = max(1, int(page.width * scale)), max(1, int(page.height * scale))
            page = page.resize(size, Image.Resampling.BOX, reducing_gap=2.0)
        if page.width * page.height < original[0] * original[1]:
            notes.append(
                f"The image has {original[0]:,} × {original[1]:,} pixels and was reduced "
                f"to {page.width:,} × {page.height:,}."
            )
        if number == 1 and self.page_count == 1 and self._animation_frames > 1:
            notes.append(
                f"The image is an animation of {self._animation_frames} frames; only the first is shown."
            )
        reply = PageReply(number, page.width, page.height, notes=tuple(notes))
        return reply, page.tobytes() if image else b""

    def _open_frame(self, number: int) -> Image.Image:
        frame = self._open()
        if number > 1:
            frame.seek(number - 1)
        return frame

    def _check_pixels(self, frame: Image.Image, number: int, pixel_limit: int) -> None:
        """Refuse what is too large to decode; have a large JPEG decoded at a half, fourth or eighth."""
        width, height = frame.size
        if self._file_type is FileType.JPEG and width * height > pixel_limit:
            scale = (pixel_limit / (width * height)) ** 0.5
            frame.draft(None, (max(1, int(width * scale)), max(1, int(height * scale))))
        if frame.width * frame.height > _DECODED_PIXELS * pixel_limit:
            raise LimitError(
                f"Page {number} has {width:,} × {height:,} pixels, more than can be read.",
                "Reduce the image, or set DOCVLM_LIMIT_PAGE_PIXELS higher.",
            )

    def _load(self, frame: Image.Image) -> bool:
        """Decode; False where the end of the data is missing."""
        try:
            frame.load()
        except (OSError, SyntaxError):
            ImageFile.LOAD_TRUNCATED_IMAGES = True
            try:
                frame.load()
            finally:
                ImageFile.LOAD_TRUNCATED_IMAGES = False
            return False
        return True

    def draw_with_poppler(self, number: int) -> tuple[PageReply, bytes]:
        """Poppler draws PDFs only."""
        raise InputError(f"Page {number} is an image, which poppler cannot draw.")

    def close(self) -> None:
        """Nothing is kept open between pages."""


def to_upright_rgb(image: Image.Image) -> Image.Image:
    """Any picture as 8-bit RGB: upright by EXIF, deep samples scaled, transparency laid on a backdrop."""
    with contextlib.suppress(Exception):  # malformed EXIF data must not cost the picture
        image = ImageOps.exif_transpose(image)
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith(("I", "F")):
        return _eight_bits(image).convert("RGB")
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.applyTransform(image, ImageCms.buildTransform(lab, srgb, "LAB", "RGB")) or image
    if image.has_transparency_data:
        return _on_backdrop(image.convert("RGBA"))
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scale deep samples to 8 bits.

    The white level is that of the smallest usual depth (8, 10, 12, 14, 16 bits) that holds every
    sample, because 10- or 12-bit data often comes in 16-bit samples; beyond 16 bits, and for
    fractions outside 0–1, the range that occurs is used.
    """
    samples = np.asarray(image, dtype=np.float32)
    samples = np.nan_to_num(samples, posinf=0.0, neginf=0.0)
    low, high = float(samples.min()), float(samples.max())
    if image.mode == "F" and low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif low >= 0 and high < 2**16:
        low, high = 0.0, float(next(2**bits - 1 for bits in (8, 10, 12, 14, 16) if high < 2**bits))
    scaled = (samples - low) * (255 / max(high - low, 1e-6))
    return Image.fromarray(scaled.round().clip(0, 255).astype(np.uint8))


def _on_backdrop(image: Image.Image) -> Image.Image:
    """Lay a transparent picture on white, or on black where white would swallow its content.

    A mostly opaque picture brings its own background, so it goes on white. In a mostly transparent
    one the opaque pixels are the print itself, and their brightness decides.
    """
    alpha = np.asarray(image.getchannel("A"), dtype=np.float32) / 255
    weight = float(alpha.sum())
    backdrop = "white"
    if 0 < weight < _HALF_OPAQUE * alpha.size:
        luminance = np.asarray(image.convert("RGB").convert("L"), dtype=np.float32)
        if float((luminance * alpha).sum()) / weight > _BRIGHT:
            backdrop = "black"
    page = Image.new("RGB", image.size, backdrop)
    page.paste(image, mask=image.getchannel("A"))
    return page
