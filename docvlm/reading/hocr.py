"""hOCR: the reading of one or more pages as XHTML (hOCR 1.2, https://kba.github.io/hocr-spec/1.2/)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from docvlm.layout_characters import without_control_characters
from docvlm.types import Box, Line, Reading

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="und" lang="und">
 <head>
  <title>{title}</title>
  <meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>
  <meta name="ocr-system" content="docvlm"/>
  <meta name="ocr-capabilities" content="ocr_page ocr_carea ocr_line ocrx_word"/>
 </head>
 <body>
"""
_TAIL = " </body>\n</html>\n"


def to_hocr(readings: Iterable[Reading], title: str = "") -> str:
    """Pages, blocks, lines and words with boxes in whole pixels and word confidences in percent."""
    pages = "".join(_page(reading) for reading in readings)
    return _HEAD.format(title=_text(title)) + pages + _TAIL
