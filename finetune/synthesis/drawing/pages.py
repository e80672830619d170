"""A seed → a page: what it states, its pixels, and where every word and every fact stands on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np

from docvlm.types import Box, Line, RgbImage
from finetune.synthesis.drawing.compose import compose
from finetune.synthesis.drawing.looks import Look, apply_look, choose_look
from finetune.synthesis.drawing.paint import Boxes, Picture, paint
from finetune.synthesis.drawing.warp import scaled
from finetune.synthesis.entries import application, report, screenshot, ticket
from finetune.synthesis.examples import BUILDERS, Builder, make_language
from finetune.synthesis.page import Document, Draft, MarkedWord, read_draft

KINDS: Mapping[str, tuple[Builder, int]] = {
    **BUILDERS,
    "application": (application, 7),
    "ticket": (ticket, 6),
    "report": (report, 5),
    "screenshot": (screenshot, 6),
}
"""Who builds which kind of page, and how often."""


@dataclass(frozen=True, slots=True, eq=False)
class DrawnPage:
    """A page as a picture.

    Attributes:
        document: what it states; boxes are pixels of ``image``, from the top left, and the order of the words
            is the one in which the reader would give the flat page.
        fact_boxes: for each fact of ``document.facts``, one box a line of its words.
        glyphs: for each word of the reading, the boxes of its characters, of shape (characters, 4).
        look: how the page was taken; None where it is as it was drawn.
    """

    document: Document
    image: RgbImage
    fact_boxes: Mapping[str, tuple[Box, ...]]
    glyphs: tuple[Boxes, ...]
    look: Look | None


def draw_page(
    seed: int | str,
    kinds: Sequence[str] = (),
    language: str | None = None,
    effects: bool = True,
    longest: int | None = None,
) -> DrawnPage:
    """The page of a seed, the same on every machine with the same fonts and libraries.

    Args:
        kinds: which kinds to choose from; any, in their usual shares, where none are given.
        language: a key of ``vocabulary.LANGUAGES``; drawn where None.
        effects: whether it is scanned, photographed or faxed, or stays as it was drawn.
        longest: the most pixels that its longer side may have.

    Raises:
        UsageError: when the fonts are not installed.
    """
    rng = page_source(seed)
    draft = make_draft(rng, kinds, language)
    flat = paint(compose(draft, rng))
    look = choose_look(draft.kind, rng) if effects else None
    final = flat if look is None else apply_look(flat, draft.kind, look, rng)
    return _drawn(draft, flat, final if longest is None else scaled(final, longest), look)


def page_source(seed: int | str) -> Random:
    """What is random about the page of a seed."""
    return Random(f"page:{seed}")  # noqa: S311  (made-up documents, no secrets)


def make_draft(rng: Random, kinds: Sequence[str] = (), language: str | None = None) -> Draft:
    """A draft of one of the kinds, or of any."""
    names = list(kinds) or list(KINDS)
    kind = rng.choices(names, [KINDS[name][1] for name in names])[0]
    drawn = make_language(rng, kind)
    return KINDS[kind][0](rng, language or drawn)


def _drawn(draft: Draft, flat: Picture, final: Picture, look: Look | None) -> DrawnPage:
    """Order and facts are read off the flat page, places off the final one."""
    document = read_draft(replace(draft, words=flat.words))
    height, width = final.image.shape[:2]
    whole = Box(0, 0, width, height)
    places = {(word.box.x0, word.box.y0): number for number, word in enumerate(flat.words)}
    order = [places[word.box.x0, word.box.y0] for word in document.reading.words]
    glyphs = np.split(final.glyphs, np.cumsum([len(word.text) for word in final.words])[:-1])
    marks = {
        place: replace(final.words[number], box=_within(final.words[number].box, whole))
        for place, number in places.items()
    }
    lines = [[marks[word.box.x0, word.box.y0] for word in line.words] for line in document.reading.lines]
    reading = replace(
        document.reading,
        width=width,
        height=height,
        lines=tuple(map(_moved, document.reading.lines, lines)),
    )
    return DrawnPage(
        document=replace(document, reading=reading),
        image=final.image,
        fact_boxes={fact: _boxes_of(fact, lines) for fact in document.facts},
        glyphs=tuple(glyphs[number] for number in order),
        look=look,
    )


def _within(box: Box, whole: Box) -> Box:
    return box.intersection(whole) or box


def _moved(line: Line, marks: Sequence[MarkedWord]) -> Line:
    words = tuple(replace(word, box=mark.box) for word, mark in zip(line.words, marks, strict=True))
    return replace(line, words=words)


def _boxes_of(fact: str, lines: Sequence[Sequence[MarkedWord]]) -> tuple[Box, ...]:
    marked = ([mark.box for mark in line if mark.fact == fact] for line in lines)
    return tuple(Box.around(boxes) for boxes in marked if boxes)
