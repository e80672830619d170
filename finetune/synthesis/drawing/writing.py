"""Drawn pages as files: pictures, labels, the place of every word, and a sheet to look at.

``words.jsonl``, a line a page: ``file``, ``width``, ``height``, ``kind``, ``language``, ``look``, ``words``,
in reading order, each with ``text`` and ``box`` (``[x0, y0, x1, y1]`` in pixels from the top left).
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from PIL import Image

from docvlm.atomic import write_atomically
from docvlm.types import RgbImage
from finetune.data.cases import write_cases
from finetune.data.documents import LabelledDocument
from finetune.data.safe_files import make_folder
from finetune.synthesis.drawing.contact_sheet import contact_sheet, thumbnail
from finetune.synthesis.drawing.labels import labelled
from finetune.synthesis.drawing.looks import Look
from finetune.synthesis.drawing.pages import DrawnPage, draw_page

CASES_FILE, WORDS_FILE, CONTACT_SHEET = "cases.jsonl", "words.jsonl", "contact_sheet.jpg"
PICTURES = "images"
_JPEG_QUALITY = 93
_MOST_ON_SHEET = 96


def write_pages(
    folder: Path,
    count: int,
    seed: int | str,
    *,
    kinds: Sequence[str] = (),
    language: str | None = None,
    effects: bool = True,
    longest: int | None = None,
    tell: Callable[[], object] = lambda: None,
) -> None:
    """Draw ``count`` pages (see ``draw_page``), write them with their labels; ``tell`` is called after each.

    Raises:
        UsageError: when the fonts are not installed or the folder cannot be written.
    """
    pictures = make_folder(folder / PICTURES)
    documents: list[LabelledDocument] = []
    words: list[str] = []
    thumbs: list[RgbImage] = []
    for number in range(count):
        page = draw_page(f"{seed}:{number}", kinds, language, effects, longest)
        path = _write_picture(page, pictures, number)
        asked = Random(f"labels:{seed}:{number}")  # noqa: S311  (made-up documents, no secrets)
        documents.append(labelled(page, path, hashlib.sha256(path.read_bytes()).hexdigest(), asked))
        words.append(json.dumps(_words_line(page, path), ensure_ascii=False))
        if len(thumbs) < _MOST_ON_SHEET:
            thumbs.append(thumbnail(page.image))
        tell()
    write_cases(documents, folder.absolute() / CASES_FILE)
    write_atomically(folder / WORDS_FILE, "".join(f"{line}\n" for line in words).encode())
    write_atomically(folder / CONTACT_SHEET, _jpeg(contact_sheet(thumbs)))


def _write_picture(page: DrawnPage, folder: Path, number: int) -> Path:
    """The picture as a file; what has hard edges stays without loss."""
    picture = Image.fromarray(page.image)
    exact = page.look in (None, Look.FAX)
    path = folder.absolute() / f"{number:05d}-{page.document.kind}.{'png' if exact else 'jpg'}"
    if exact:
        data = io.BytesIO()
        picture.save(data, "PNG")
        write_atomically(path, data.getvalue())
    else:
        write_atomically(path, _jpeg(picture))
    return path


def _jpeg(picture: Image.Image) -> bytes:
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=_JPEG_QUALITY)
    return data.getvalue()


def _words_line(page: DrawnPage, path: Path) -> dict[str, object]:
    reading = page.document.reading
    return {
        "file": f"{PICTURES}/{path.name}",
        "width": reading.width,
        "height": reading.height,
        "kind": page.document.kind,
        "language": page.document.language,
        "look": page.look,
        "words": [{"text": word.text, "box": word.box.as_list()} for word in reading.words],
    }
