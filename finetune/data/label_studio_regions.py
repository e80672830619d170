"""What a person has drawn and typed in Label Studio: regions of pages, and the fields they make.

Results that belong together share an ``id``. Places are percent of the page's width and height; pages of a
task with several pictures are told apart by ``item_index``, from 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from docvlm.pipeline import CellName
from docvlm.types import Box
from finetune.data.cells import cell_labels, rows_of_cells
from finetune.data.documents import DocumentLabel, FieldLabel, RowsLabel, TranscriptLabel
from finetune.data.folding import fold_characters
from finetune.data.json_lines import BrokenEntry, Json
from finetune.data.names import field_name

TO_NAME = "page"
FIELD_CONTROL = "region"
TEXT_CONTROL = "region-text"
TYPED_CONTROL = "field-"
"""What the controls begin with in which values without a region are typed."""
NO_ROWS = "[]"
"""Follows the name of a list that has no rows."""

_TRANSCRIPTS = ("transcription", "transcript", "text")
_TYPED = ("text", "number", "datetime")

PageSizes = dict[int, tuple[int, int]]
"""Width and height in pixels by page number."""
WordsAt = Callable[[int, Sequence[Box]], str | None]
"""The words of a page that stand in boxes; None where there are none."""


@dataclass(slots=True)
class _Region:
    """Everything that shares an ``id``; ``box`` is in percent."""

    page: int | None
    box: Box | None = None
    names: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    control: str = ""


def region_labels(
    results: Sequence[Any], sizes: PageSizes, words_at: WordsAt
) -> tuple[list[DocumentLabel], str, list[str]]:
    """The labels of a task's results, the kind that was chosen for it, and names of regions without text.

    Several regions with one name on a page are lines of one value, unless they all say the same.

    Raises:
        BrokenEntry: when a result has another form.
    """
    regions, kinds = _regions(results)
    drawn: dict[tuple[str, int | None], list[_Region]] = {}
    labels: list[DocumentLabel] = []
    for region in regions:
        for name in region.names:
            drawn.setdefault((name, region.page), []).append(region)
        text = _joined(region.texts)
        if not region.names and region.box is None and text:
            if region.control.casefold() in _TRANSCRIPTS:
                labels.append(TranscriptLabel(text="\n".join(region.texts), page=region.page))
            else:
                name = region.control.removeprefix(TYPED_CONTROL)
                labels.append(FieldLabel(name, text, page=region.page))
    untold = []
    for (name, page), own in drawn.items():
        label = _drawn_field(name, page, own, sizes, words_at)
        if label is None:
            untold.append(name)
        else:
            labels.append(label)
    return _with_rows(labels), next(iter(kinds), ""), untold


def field_results(fields: Iterable[FieldLabel | RowsLabel], sizes: PageSizes) -> tuple[list[Json], list[str]]:
    """Results that show the fields, and the names of those that the document does not have."""
    results: list[Json] = []
    absent = []
    for label in fields:
        if isinstance(label, RowsLabel) and not label.rows:
            absent.append(f"{label.name}{NO_ROWS}")
        for single in (label,) if isinstance(label, FieldLabel) else cell_labels(label):
            if single.value is None:
                absent.append(single.name)
            else:
                results += _results_of(single, len(results), sizes)
    return results, absent


def absent_labels(names: Any, known: Iterable[DocumentLabel]) -> list[DocumentLabel]:
    """Labels for what the document does not have, joined with those of rows that are known.

    Raises:
        BrokenEntry: when the names are no list of texts.
    """
    if not isinstance(names, list):
        raise BrokenEntry("has no list 'absent'.")
    labels = [*known]
    taken = {label.name for label in labels if isinstance(label, FieldLabel | RowsLabel)}
    cells: list[DocumentLabel] = []
    for name in names:
        if not isinstance(name, str):
            raise BrokenEntry("has names in 'absent' that are no text.")
        if name.endswith(NO_ROWS):
            labels.append(RowsLabel(name.removesuffix(NO_ROWS), ()))
        elif CellName.parse(name) is not None:
            cells.append(FieldLabel(name, None))
        elif name not in taken:
            labels.append(FieldLabel(name, None))
    for label in labels:
        if isinstance(label, RowsLabel):
            cells += cell_labels(label)
    plain = [label for label in labels if not (isinstance(label, RowsLabel) and label.rows)]
    return _with_rows([*plain, *cells])


def _regions(results: Sequence[Any]) -> tuple[list[_Region], list[str]]:
    found: dict[object, _Region] = {}
    kinds: list[str] = []
    for number, result in enumerate(results):
        value = result.get("value") if isinstance(result, dict) else None
        if not isinstance(value, dict):
            if isinstance(result, dict) and result.get("type") == "relation":
                continue
            raise BrokenEntry("has a result without an object 'value'.")
        box = _percent_box(result)
        if result.get("type") == "choices" and box is None:
            kinds += _texts(value.get("choices"))
            continue
        region = found.setdefault(str(result.get("id") or number), _Region(_page(result)))
        region.box = region.box or box
        region.control = region.control or str(result.get("from_name") or "")
        region.names += [
            name for key, names in value.items() if key.endswith("labels") for name in _texts(names)
        ]
        region.texts += [text for key in _TYPED for text in _texts(value.get(key))]
    return [*found.values()], kinds


def _page(result: Json) -> int | None:
    index = result.get("item_index")
    if index is None:
        return None
    if not isinstance(index, int) or index < 0:
        raise BrokenEntry(f"has the item_index {index!r}.")
    return index + 1


def _texts(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [] if value is None else [value]
    return [str(item).strip() for item in items if isinstance(item, str | int | float) and str(item).strip()]


def _percent_box(result: Json) -> Box | None:
    """The upright box around a rectangle, an ellipse or a polygon; None where nothing is drawn."""
    value = result["value"]
    try:
        if "points" in value:
            return Box.around(Box(float(x), float(y), float(x), float(y)) for x, y in value["points"])
        if "radiusX" in value:
            x, y, across, down = (float(value[key]) for key in ("x", "y", "radiusX", "radiusY"))
            return Box(x - across, y - down, x + across, y + down)
        if not {"x", "y", "width", "height"} <= value.keys():
            return None
        x, y, width, height = (float(value[key]) for key in ("x", "y", "width", "height"))
        turn = math.radians(float(value.get("rotation") or 0))
        tall = float(result.get("original_height") or 1) / float(result.get("original_width") or 1)
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise BrokenEntry("has a region whose place is no numbers.") from error
    # A rectangle is turned in pixels about its corner, and percent of width and height are not alike.
    corners = []
    for right in (0.0, width):
        for below in (0.0, height):
            corner_x = x + right * math.cos(turn) - below * math.sin(turn) * tall
            corner_y = y + right * math.sin(turn) / tall + below * math.cos(turn)
            corners.append(Box(corner_x, corner_y, corner_x, corner_y))
    return Box.around(corners)


def _drawn_field(
    name: str, page: int | None, regions: Sequence[_Region], sizes: PageSizes, words_at: WordsAt
) -> FieldLabel | None:
    """One field of the regions that bear its name; None where nobody typed its text and it cannot be read."""
    number = page or 1
    ordered = sorted(regions, key=lambda region: (region.box.y0, region.box.x0) if region.box else (0, 0))
    texts = [text for region in ordered if (text := _joined(region.texts))]
    if len(texts) > 1 and len(set(map(fold_characters, texts))) == 1:
        ordered, texts = [region for region in ordered if region.texts][:1], texts[:1]
    boxes = _pixel_boxes([region.box for region in ordered if region.box is not None], sizes.get(number))
    if not texts:
        words = words_at(number, boxes) if boxes else None
        if words is None:
            return None
        texts = [words]
    place = number if boxes else page
    return FieldLabel(name, " ".join(texts), tuple(texts) if len(texts) > 1 else (), place, boxes)


def _pixel_boxes(boxes: Sequence[Box], size: tuple[int, int] | None) -> tuple[Box, ...]:
    if size is None:
        return ()
    width, height = size
    page = Box(0, 0, width, height)
    scaled = (box.scaled(width / 100, height / 100).intersection(page) for box in boxes)
    return tuple(box for box in scaled if box is not None)


def _joined(texts: Iterable[str]) -> str:
    return " ".join(" ".join(texts).split())


def _with_rows(labels: Iterable[DocumentLabel]) -> list[DocumentLabel]:
    """Labels under usable names, cells put into their lists."""
    plain: list[DocumentLabel] = []
    lists: dict[str, dict[CellName, FieldLabel]] = {}
    for label in labels:
        cell = CellName.parse(label.name) if isinstance(label, FieldLabel) else None
        if isinstance(label, FieldLabel) and cell is not None:
            lists.setdefault(cell.items, {}).setdefault(cell, label)
        elif isinstance(label, FieldLabel):
            plain.append(replace(label, name=field_name(label.name)))
        else:
            plain.append(label)
    return [*plain, *(RowsLabel(field_name(name), rows_of_cells(cells)) for name, cells in lists.items())]


def _results_of(label: FieldLabel, first: int, sizes: PageSizes) -> Iterator[Json]:
    size = sizes.get(label.page or 1)
    if not label.boxes or size is None:
        typed: Json = {
            "id": f"docvlm-{first}",
            "from_name": TYPED_CONTROL + label.name,
            "to_name": TO_NAME,
            "type": "textarea",
            "value": {"text": [label.value]},
        }
        yield typed if label.page is None else {**typed, "item_index": label.page - 1}
        return
    width, height = size
    for number, box in enumerate(label.boxes):
        common: Json = {
            "id": f"docvlm-{first}-{number}",
            "to_name": TO_NAME,
            "item_index": (label.page or 1) - 1,
            "original_width": width,
            "original_height": height,
            "image_rotation": 0,
        }
        place: Json = {
            "x": box.x0 / width * 100,
            "y": box.y0 / height * 100,
            "width": box.width / width * 100,
            "height": box.height / height * 100,
            "rotation": 0,
        }
        rectangle = {**place, "rectanglelabels": [label.name]}
        yield {**common, "from_name": FIELD_CONTROL, "type": "rectanglelabels", "value": rectangle}
        if number == 0:  # the whole value stands with its first line
            text = {**place, "text": [label.value]}
            yield {**common, "from_name": TEXT_CONTROL, "type": "textarea", "value": text}
