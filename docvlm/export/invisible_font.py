"""A font without ink, for the text layer of a searchable PDF.

Every character there is can be written with it and read back, and every glyph is half an em wide, so a
word can be stretched over its box exactly. The method is that of Tesseract's and OCRmyPDF's "glyphless
font": a Type 0 font whose only glyph is empty, and a ToUnicode map that says what each code means
(PDF 32000-1, 9.7 and 9.10.3). Here the codes are given out as characters come, so that characters
beyond the basic plane need no surrogates.
"""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pymupdf

GLYPH_WIDTH = 0.5
"""Of every glyph, in em."""

DESCENT = 0.2
"""How far the glyphs' box reaches below the baseline, in em; above it are the other 0.8."""

_MAX_CODES = 0xFFFF
_UNKNOWN = "\ufffd"

# A TrueType font with one empty glyph, 1000 units an em, ascent 800, descent -200 (made with fontTools).
_TRUETYPE = zlib.decompress(
    base64.b64decode(
        "eNqVUT1LA0EUnN09UYNoI2IhcoiFqFGwCBaiEMVWiJ2NWeJ5B/eRIyYQu5QWFin8GbaCSARL/4WNoI3dWZ9zm4uaFIKzvLdv"
        "ZnffzrIQAAroQME+Ot7cOnjZ7wJihWq1FuoYUzgkvyZfd4PLcxiIXpY8R58V/d4D61tGyaOglsQG61fGshc22yIx+6+YrKBe"
        "0/n5+4yHuh1DckBMkNuRDp21xeId+RP5SVy/aNIXIReydWReGdX27s3pzM4nlHrPVt9WHz9+zzlU1rl/HYmdbrNIfpQhiEHv"
        "HBKjUCIRXYzBwj+xR+QtjAdl43lki/3tTBrfwCyzMLOFeaMbR2lqYti9hVKuCPobvEJinIxdrEkqBf5jv5aYxlw50JFfcdxW"
        "oBsoI4BGBB8VOHDRMryRO/kDX7kUPpc="
    )
)


class InvisibleFont:
    """The font in one PDF; ``finish`` must be called once all text is encoded."""

    def __init__(self, document: pymupdf.Document) -> None:
        self._document = document
        self._codes: dict[str, int] = {}
        self._to_unicode = self._add_stream(b"")
        self.xref = self._add_font()

    def encode(self, text: str) -> str:
        """``text`` as the hexadecimal string of a text-showing operator."""
        return "".join(f"{self._code(character):04x}" for character in text)

    def finish(self) -> None:
        """Write down what the codes stand for."""
        self._document.update_stream(self._to_unicode, _to_unicode_map(self._codes).encode("ascii"))

    def _code(self, character: str) -> int:
        if "\ud800" <= character <= "\udfff" or len(self._codes) >= _MAX_CODES:
            character = _UNKNOWN
        return self._codes.setdefault(character, len(self._codes) + 1)

    def _add_font(self) -> int:
        program = self._add_stream(_TRUETYPE, f"/Length1 {len(_TRUETYPE)}")
        all_codes_to_glyph_0 = self._add_stream(bytes(2 * (_MAX_CODES + 1)))
        # Flags 5: fixed pitch, symbolic. Metrics in thousandths of an em.
        descriptor = self._add_object(
            f"<</Type/FontDescriptor/FontName/Invisible/Flags 5/FontBBox[0 -200 500 800]/ItalicAngle 0"
            f"/Ascent 800/Descent -200/CapHeight 800/StemV 80/FontFile2 {program} 0 R>>"
        )
        descendant = self._add_object(
            "<</Type/Font/Subtype/CIDFontType2/BaseFont/Invisible/DW 500"
            "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
            f"/FontDescriptor {descriptor} 0 R/CIDToGIDMap {all_codes_to_glyph_0} 0 R>>"
        )
        return self._add_object(
            "<</Type/Font/Subtype/Type0/BaseFont/Invisible/Encoding/Identity-H"
            f"/DescendantFonts[{descendant} 0 R]/ToUnicode {self._to_unicode} 0 R>>"
        )

    def _add_object(self, content: str) -> int:
        xref = int(self._document.get_new_xref())
        self._document.update_object(xref, content)
        return xref

    def _add_stream(self, content: bytes, keys: str = "") -> int:
        xref = self._add_object(f"<<{keys}>>")
        self._document.update_stream(xref, content, new=True)
        return xref


def _to_unicode_map(codes: dict[str, int]) -> str:
    pairs = [f"<{code:04x}> <{character.encode('utf-16-be').hex()}>" for character, code in codes.items()]
    blocks = []
    for start in range(0, len(pairs), 100):  # the format allows a hundred in a block
        block = pairs[start : start + 100]
        blocks.append("\n".join([f"{len(block)} beginbfchar", *block, "endbfchar"]))
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin",
            "12 dict begin",
            "begincmap",
            "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def",
            "/CMapName /Adobe-Identity-UCS def",
            "/CMapType 2 def",
            "1 begincodespacerange",
            "<0000> <ffff>",
            "endcodespacerange",
            *blocks,
            "endcmap",
            "CMapName currentdict /CMap defineresource pop",
            "end",
            "end",
        ]
    )
