from __future__ import annotations

import io
import zipfile

import pytest

from docvlm.errors import InputError
from docvlm.ingest.file_type import FileType, detect_file_type


def office_file(part: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(part, "<x/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("head", "file_type"),
    [
        (b"%PDF-1.7\n", FileType.PDF),
        (b"junk before\n" * 50 + b"%PDF-1.4", FileType.PDF),
        (b"1 0 obj\n<< /Type /Catalog >>\nendobj\n", FileType.PDF),
        (b"\x89PNG\r\n\x1a\n", FileType.PNG),
        (b"\xff\xd8\xff\xe0", FileType.JPEG),
        (b"RIFF\x10\0\0\0WEBPVP8 ", FileType.WEBP),
        (b"II*\0\x08\0\0\0", FileType.TIFF),
        (b"GIF89a", FileType.GIF),
    ],
)
def test_type_is_told_by_content(head: bytes, file_type: FileType) -> None:
    assert detect_file_type(head, "anything.txt") is file_type


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"", "is empty"),
        (office_file("word/document.xml"), "Word"),
        (office_file("xl/workbook.xml"), "Excel"),
        (office_file("other"), "archive"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"plain words\n", "plain text"),
        (b"\x07\x91\xc0\xfe" * 100, "PDF, PNG, JPEG"),
    ],
)
def test_what_cannot_be_opened_is_named_with_a_remedy(head: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        detect_file_type(head, "scan.pdf")
    assert caught.value.remedy
