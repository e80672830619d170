"""What a person says of extracted values: labels laid over an extraction, and evidence for typed text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from docvlm.grounding import PageWords
from docvlm.pipeline.cell_names import CellName, cell_name
from docvlm.reading import layout_rows
from docvlm.schemas import FieldSpec, PageContext, Schema, normalise, run_checks
from docvlm.store import Label, LabelKind
from docvlm.types import Box, Extraction, FieldValue, LineItems, Reading

MAX_ROWS = 500
"""A label for a row beyond this is left out."""


@dataclass(frozen=True, slots=True)
class CheckedExtraction:
    """An extraction with a person's labels laid over it.

    ``confirmed`` names the values that a person has confirmed or corrected: fields by name, cells as
    ``items[2].amount`` with rows counted from 1. Their confidence is 1. ``found_rows`` says how many rows of
    each list the model found; those behind them a person added.
    """

    schema: Schema
    extraction: Extraction
    confirmed: frozenset[str] = frozenset()
    found_rows: Mapping[str, int] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Every value's name, in the order of the schema."""
        return tuple(name for name, _, _ in self.values())

    def values(self) -> Iterator[tuple[str, FieldSpec, FieldValue]]:
        """Every value with its name and what is known of its field; cells row by row."""
        for spec, found in zip(self.schema.fields, self.extraction.fields, strict=True):
            if isinstance(found, FieldValue):
                yield found.name, spec, found
                continue
            for number, row in enumerate(found.rows, start=1):
                for column, cell in zip(spec.columns, row, strict=True):
                    yield cell_name(spec.name, number, column.name), column, cell

    def value(self, name: str) -> tuple[FieldSpec, FieldValue] | None:
        """The field and the value called ``name``, None where there is none."""
        return next(((spec, value) for known, spec, value in self.values() if known == name), None)

    def removed_rows(self, items: LineItems) -> frozenset[int]:
        """The rows of a list, counted from 1, of which a person says that no cell stands in the document."""
        return frozenset(
            number
            for number, row in enumerate(items.rows, start=1)
            if all(
                cell.raw is None and cell_name(items.name, number, cell.name) in self.confirmed
                for cell in row
            )
        )

    def without_empty_rows(self) -> Extraction:
        """The extraction as it is exported: rows whose cells are all empty are left out."""
        fields = tuple(
            LineItems(
                found.name, tuple(row for row in found.rows if any(cell.raw is not None for cell in row))
            )
            if isinstance(found, LineItems)
            else found
            for found in self.extraction.fields
        )
        return replace(self.extraction, fields=fields)


def check_extraction(
    schema: Schema,
    extraction: Extraction,
    labels: Iterable[Label],
    context: PageContext,
    row_counts: Mapping[str, int] | None = None,
) -> CheckedExtraction:
    """Lay the field labels of a document over what the model found, and run the schema's checks again.

    Labels of fields that the schema does not have are left out.

    Args:
        context: how the document writes dates and amounts.
        row_counts: how many rows a list has at least; those that are not there yet are empty.
    """
    by_name = {label.name: label for label in labels if label.kind is LabelKind.FIELD}
    found = {field.name: field for field in extraction.fields}
    counts = row_counts or {}
    fields = tuple(
        _checked_rows(spec, found.get(spec.name), by_name, context, counts.get(spec.name, 0))
        if spec.is_list
        else _checked_value(spec, spec.name, found.get(spec.name), by_name, context)
        for spec in schema.fields
    )
    merged = replace(extraction, fields=fields)
    merged = replace(merged, checks=run_checks(schema, merged))
    checked = CheckedExtraction(schema, merged)
    rows = {one.name: len(one.rows) for one in extraction.fields if isinstance(one, LineItems)}
    return replace(checked, confirmed=frozenset(by_name).intersection(checked.names), found_rows=rows)


def empty_extraction(schema: Schema) -> Extraction:
    """Nothing found yet, for labelling by hand alone."""
    return Extraction(
        schema.name,
        tuple(
            LineItems(spec.name, ()) if spec.is_list else FieldValue(spec.name, None, None, 0.0)
            for spec in schema.fields
        ),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text stands: the number of the page, and one box a line in pixels of it."""

    page: int
    boxes: tuple[Box, ...]


def find_evidence(text: str, spec: FieldSpec, readings: Sequence[Reading]) -> Place | None:
    """Where the typed value of a field stands in a document, see ``find_text``."""
    return find_text(text, spec.cues, readings)


def find_text(text: str, cues: str, readings: Sequence[Reading]) -> Place | None:
    """Where typed text stands in a document.

    None where it stands nowhere as a run of whole words. Of several places the one whose surroundings
    fit ``cues`` best is taken, on the first page that has one.
    """
    for reading in readings:
        words = PageWords([line.words for line in reading.lines], layout_rows(reading))
        run = words.find_best(" ".join(text.split()), cues)
        if run is not None:
            return Place(reading.page_number, run.boxes)
    return None


def _checked_value(
    spec: FieldSpec, name: str, found: object, labels: dict[str, Label], context: PageContext
) -> FieldValue:
    label = labels.get(name)
    if label is None:
        return found if isinstance(found, FieldValue) else FieldValue(spec.name, None, None, 0.0)
    if label.value is None:
        return FieldValue(spec.name, None, None, 1.0)
    typed = normalise(label.value, spec, context)
    return FieldValue(
        name=spec.name,
        value=typed.value,
        raw=label.value,
        confidence=1.0,
        page=label.page,
        box=Box.around(label.boxes) if label.boxes else None,
        boxes=label.boxes,
        currency=typed.currency,
        flags=typed.flags,
    )


def _checked_rows(
    spec: FieldSpec, found: object, labels: dict[str, Label], context: PageContext, least: int
) -> LineItems:
    rows = list(found.rows) if isinstance(found, LineItems) else []
    cells = (CellName.parse(name) for name in labels)
    last = max((cell.row for cell in cells if cell and cell.items == spec.name), default=0)
    last = max(last, least)
    empty = tuple(FieldValue(column.name, None, None, 0.0) for column in spec.columns)
    rows += [empty] * (min(last, MAX_ROWS) - len(rows))
    return LineItems(
        spec.name,
        tuple(
            tuple(
                _checked_value(column, cell_name(spec.name, number, column.name), cell, labels, context)
                for column, cell in zip(spec.columns, row, strict=True)
            )
            for number, row in enumerate(rows, start=1)
        ),
    )
