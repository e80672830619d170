"""What a file is, told by its first bytes and never by its name."""

from __future__ import annotations

import re
from enum import StrEnum

from docvlm.errors import InputError

HEAD_BYTES = 4096
"""How much of the beginning of a file ``detect_file_type`` wants to see."""

SUPPORTED = "PDF, PNG, JPEG, WebP, BMP, GIF and TIFF"


class FileType(StrEnum):
    """The file types that can be opened; the value is the media type."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"
    WEBP = "image/webp"
    BMP = "image/bmp"
    GIF = "image/gif"
    TIFF = "image/tiff"


_IMAGE_SIGNATURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), FileType.PNG),
    (re.compile(rb"\xff\xd8\xff"), FileType.JPEG),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), FileType.WEBP),
    (re.compile(rb"GIF8[79]a"), FileType.GIF),
    (re.compile(rb"II\*\0|MM\0\*|II\+\0|MM\0\+"), FileType.TIFF),
    # "BM", a file size, four reserved bytes that are zero in practice, an offset, a known header size.
    (re.compile(rb"BM.{4}\0{4}.{4}[\x0c\x28\x34\x38\x40\x6c\x7c]\0{3}", re.DOTALL), FileType.BMP),
)

# Readers accept a PDF header anywhere in the first 1,024 bytes (ISO 32000-1, Annex H.3.4.1), and
# repair files that lost their header but still hold numbered objects.
_PDF_HEADER = re.compile(rb"%PDF-")
_PDF_OBJECTS = re.compile(rb"(^|[\r\n])\s*\d+ \d+ obj\b")

_EXPORT = "Export it as PDF and open that."
_AS_IMAGE = "Save it as PNG or JPEG and open that."
_HINTS: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    (re.compile(rb"PK\x03\x04.*?word/", re.DOTALL), "a Word document (.docx)", _EXPORT),
    (re.compile(rb"PK\x03\x04.*?xl/", re.DOTALL), "an Excel workbook (.xlsx)", _EXPORT),
    (re.compile(rb"PK\x03\x04.*?ppt/", re.DOTALL), "a PowerPoint presentation (.pptx)", _EXPORT),
    (
        re.compile(rb"PK\x03\x04.{26}mimetypeapplication/vnd\.oasis", re.DOTALL),
        "an OpenDocument file",
        _EXPORT,
    ),
    (re.compile(rb"PK\x03\x04.{26}mimetypeapplication/epub", re.DOTALL), "an EPUB book", _EXPORT),
    (
        re.compile(rb"PK\x03\x04|Rar!|7z\xbc\xaf|\x1f\x8b"),
        "an archive",
        "Unpack it and open the files in it.",
    ),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "an old Office document (.doc, .xls, .ppt)", _EXPORT),
    (re.compile(rb"\{\\rtf"), "a rich-text file", _EXPORT),
    (re.compile(rb".{4}ftyp(heic|heix|heim|heis|hevc|mif1|msf1)", re.DOTALL), "an HEIC photo", _AS_IMAGE),
    (re.compile(rb".{4}ftypavi[fs]", re.DOTALL), "an AVIF image", _AS_IMAGE),
    (re.compile(rb".{4}ftyp", re.DOTALL), "a video", "Take a screenshot of the frame and open that."),
    (re.compile(rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51"), "a JPEG 2000 image", _AS_IMAGE),
    (re.compile(rb"\xff\x0a|\0\0\0\x0cJXL "), "a JPEG XL image", _AS_IMAGE),
    (re.compile(rb"\0\0\x01\0"), "an icon", _AS_IMAGE),
    (re.compile(rb"8BPS"), "a Photoshop image", _AS_IMAGE),
    (re.compile(rb"AT&TFORM"), "a DjVu document", _EXPORT),
    (re.compile(rb"%!PS|\xc5\xd0\xd3\xc6"), "a PostScript file", "Convert it to PDF (ps2pdf) and open that."),
    (
        re.compile(rb"\s*(<\?xml.*?)?<svg\b", re.DOTALL),
        "an SVG drawing",
        "Export it as PDF or PNG and open that.",
    ),
    (
        re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE),
        "a web page",
        "Print it to PDF and open that.",
    ),
    (re.compile(rb"[\t\n\r\x20-\x7e]+\Z"), "a plain text file", "Print it to PDF and open that."),
)


def detect_file_type(head: bytes, name: str) -> FileType:
    """Tell the type from the first ``HEAD_BYTES`` bytes of a file.

    Args:
        head: the beginning of the file.
        name: what the file is called, for the message only.

    Raises:
        InputError: when the file is empty or of a type that cannot be opened.
    """
    if not head:
        raise InputError(f"{name} is empty.", "Choose a file that holds a document.")
    for signature, file_type in _IMAGE_SIGNATURES:
        if signature.match(head):
            return file_type
    if _PDF_HEADER.search(head, 0, 1024 + 5):
        return FileType.PDF
    for hint, what, remedy in _HINTS[:-1]:
        if hint.match(head):
            raise InputError(f"{name} is {what}, which cannot be opened.", remedy)
    if _PDF_OBJECTS.search(head):
        return FileType.PDF
    text, what, remedy = _HINTS[-1]
    if text.match(head):
        raise InputError(f"{name} is {what}, which cannot be opened.", remedy)
    raise InputError(f"{name} is not a file of a known type.", f"Choose a file of these types: {SUPPORTED}.")
