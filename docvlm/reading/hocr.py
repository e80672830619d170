"""hOCR: the reading of one or more pages as XHTML (hOCR 1.2, https://kba.github.io/hocr-spec/1.2/)."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable
from html import escape

from docvlm.types import Box, Line, Reading

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<html xmlns="http://www.w3.org/1999/xhtml">
 <head>
  <title>{title}</title>
  <meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>
  <meta name="ocr-system" content="docvlm"/>
  <meta name="ocr-capabilities" content="ocr_page ocr_carea ocr_line ocrx_word"/>
 </head>
 <body>
"""
_TAIL = " </body>\n</html>\n"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_hocr(readings: Iterable[Reading], title: str = "") -> str:
    """Pages, blocks, lines and words with boxes in whole pixels and word confidences in percent."""
    return _HEAD.format(title=_text(title)) + "".join(map(_page, readings)) + _TAIL


def _page(reading: Reading) -> str:
    number = reading.page_number
    properties = [f"bbox 0 0 {reading.width} {reading.height}", f"ppageno {number - 1}"]
    if reading.points_per_pixel:
        dpi = round(72 / reading.points_per_pixel)
        properties.append(f"scan_res {dpi} {dpi}")
    rows = [f'  <div class="ocr_page" id="page_{number}" title="{"; ".join(properties)}">\n']
    lines = [line for line in reading.lines if line.words]
    for block, members in itertools.groupby(lines, key=lambda line: line.block):
        rows.append(_area(list(members), f"{number}_{block}"))
    rows.append("  </div>\n")
    return "".join(rows)


def _area(lines: list[Line], name: str) -> str:
    box = Box.around(line.box for line in lines)
    rows = [f'   <div class="ocr_carea" id="block_{name}" title="{_bbox(box)}">\n']
    for number, line in enumerate(lines):
        rows.append(f'    <span class="ocr_line" id="line_{name}_{number}" title="{_bbox(line.box)}">')
        rows.append(
            " ".join(
                f'<span class="ocrx_word" title="{_bbox(word.box)}; x_wconf {round(100 * word.confidence)}">'
                f"{_text(word.text)}</span>"
                for word in line.words
            )
        )
        rows.append("</span>\n")
    rows.append("   </div>\n")
    return "".join(rows)


def _bbox(box: Box) -> str:
    """The smallest box of whole pixels that holds ``box``."""
    return f"bbox {math.floor(box.x0)} {math.floor(box.y0)} {math.ceil(box.x1)} {math.ceil(box.y1)}"


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("�", text))
