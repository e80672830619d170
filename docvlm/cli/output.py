"""What the commands print: text for people, JSON with stable keys for programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from docvlm import export
from docvlm.atomic import write_atomically
from docvlm.export import answer_json as answer_json
from docvlm.pipeline import PageReading
from docvlm.reading import bodies_of, layout_text, page_json, to_hocr, to_markdown, unread_page_json
from docvlm.store import SearchHit
from docvlm.tiling import CostProbe, TilePlan, draw_plan, expected_seconds
from docvlm.types import Answer, Box, DocumentInfo, Extraction, FieldValue, LineItems, Page, RgbImage

Json = dict[str, Any]


def reading_json(info: DocumentInfo, pages: Sequence[PageReading]) -> Json:
    """``{"pages": [{"number", "status", "source", "width", "height", "words"}]}``; see the README."""
    return {
        "file": info.name,
        "sha256": info.sha256,
        "page_count": info.page_count,
        "pages": [
            unread_page_json(page.page) if page.reading is None else page_json(page.reading) for page in pages
        ],
    }


def reading_text(pages: Sequence[PageReading], form: str) -> str:
    """The pages as ``text``, ``markdown`` or ``hocr``; pages without a reading are left out.

    Markdown is made of the text of the pages alone, without what ``bodies_of`` leaves out.
    """
    readings = [page.reading for page in pages if page.reading is not None]
    if form == "hocr":
        return to_hocr(readings)
    if form == "markdown":
        return "\n\n".join(to_markdown(body) for body in bodies_of(readings))
    return "\n\n".join(layout_text(reading) for reading in readings)


def tiles_json(plans: Sequence[tuple[int, TilePlan]], cost: CostProbe) -> Json:
    return {
        "pages": [
            {
                "number": number,
                "width": plan.page_width,
                "height": plan.page_height,
                "tokens": plan.tokens,
                "expected_seconds": round(expected_seconds(plan, cost), 2),
                "tiles": [
                    {
                        "kind": tile.kind.value,
                        "row": tile.row,
                        "column": tile.column,
                        "box": list(tile.source),
                        "width": tile.width,
                        "height": tile.height,
                    }
                    for tile in plan.tiles
                ],
            }
            for number, plan in plans
        ]
    }


def tiles_text(plans: Sequence[tuple[int, TilePlan]], cost: CostProbe) -> str:
    """One line a page: its size, how it is cut, the tokens that takes and the seconds to expect."""
    return "\n".join(
        f"page {number}: {plan.page_width} × {plan.page_height} px, {_grid_text(plan)} at scale "
        f"{plan.scale:.2f}, {plan.tokens} tokens, about {expected_seconds(plan, cost):.1f} s"
        for number, plan in plans
    )


def _grid_text(plan: TilePlan) -> str:
    if not plan.grid:
        return "the whole page alone"
    return f"{plan.rows} × {plan.columns} tiles and the whole page"


def draw_tiles(page: Page, plan: TilePlan, path: Path) -> None:
    """Write the page with its tiles drawn on it as a PNG."""
    assert page.image is not None  # noqa: S101 - a plan is made of pages with pixels only
    write_atomically(path, _png(draw_plan(page.image, plan)))


def _png(image: RgbImage) -> bytes:
    import cv2

    return bytes(cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1])


def answer_text(answer: Answer) -> str:
    """The answer on the first line, where it stands on the next."""
    if answer.text is None:
        return f"Not found.\n  confidence {answer.confidence:.2f}"
    boxes = ", ".join(_box_text(box) for box in answer.boxes)
    return f"{answer.text}\n  page {answer.page}, confidence {answer.confidence:.2f}, box {boxes}"


def extraction_json(info: DocumentInfo, extraction: Extraction) -> Json:
    """``{"fields": {name: {"value", "raw", "confidence", "page", "box"}}}``; see the README."""
    return {"file": info.name, "sha256": info.sha256, **export.extraction_json(extraction)}


def extraction_text(info: DocumentInfo, extraction: Extraction) -> str:
    """One line a field: value, place and confidence; then rows and what the checks say."""
    lines = [f"{info.name} ({extraction.schema})"]
    width = max((len(field.name) for field in extraction.fields), default=0)
    for field in extraction.fields:
        if isinstance(field, LineItems):
            lines.append(f"  {field.name:<{width}}  {len(field.rows)} rows")
            lines += [f"    {' | '.join(cell.value or '-' for cell in row)}" for row in field.rows]
        else:
            lines.append(f"  {field.name:<{width}}  {_value_text(field)}")
    lines += [f"  ! {check.message}" for check in extraction.checks if not check.passed]
    lines += [f"  {note}" for note in extraction.notes]
    return "\n".join(lines)


def _value_text(field: FieldValue) -> str:
    if field.raw is None:
        return "not found"
    typed = " ".join(part for part in (field.value, field.currency) if part)
    printed = "" if typed == field.raw else f"  (printed: {field.raw})"
    place = f"page {field.page}, box {_box_text(field.box)}" if field.box else f"page {field.page}"
    return f"{typed or '?'}{printed}  [{place}, {field.confidence:.2f}]"


def hits_json(hits: Sequence[SearchHit]) -> Json:
    return {
        "hits": [
            {
                "file": hit.name,
                "sha256": hit.sha256,
                "page": hit.page,
                "kind": hit.kind.value,
                "snippet": hit.snippet,
                "score": hit.score,
            }
            for hit in hits
        ]
    }


def hits_text(hits: Sequence[SearchHit]) -> str:
    if not hits:
        return "Nothing found."
    return "\n".join(
        f"{hit.name}{f', page {hit.page}' if hit.page else ''}: {' '.join(hit.snippet.split())}"
        for hit in hits
    )


def _box_text(box: Box) -> str:
    return " ".join(f"{value:.0f}" for value in box.as_list())
