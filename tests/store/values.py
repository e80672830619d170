"""Hypothesis strategies for the values that the store keeps."""

from __future__ import annotations

from hypothesis import strategies as st

from docvlm.types import (
    Answer,
    Box,
    CheckResult,
    Extraction,
    FieldValue,
    Line,
    LineItems,
    Reading,
    ReadingSource,
    Word,
)

numbers = st.floats(allow_nan=False, allow_infinity=False)
confidences = st.floats(0, 1)
any_text = st.text(st.characters(), max_size=12)  # lone surrogates and NUL included
storable_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
boxes = st.builds(Box, numbers, numbers, numbers, numbers)


def tuples_of(values: st.SearchStrategy, size: int = 3) -> st.SearchStrategy:
    return st.lists(values, max_size=size).map(tuple)


lines = st.builds(
    Line,
    words=tuples_of(st.builds(Word, any_text, boxes, confidences)),
    block=st.integers(0, 99),
    font_size=st.none() | numbers,
    bold=st.booleans(),
)
readings = st.builds(
    Reading,
    page_number=st.integers(1, 3),
    source=st.sampled_from(ReadingSource),
    width=st.integers(1, 5000),
    height=st.integers(1, 5000),
    lines=tuples_of(lines),
    points_per_pixel=st.none() | numbers,
    rotation=st.sampled_from([0, 90, 180, 270]),
    skew=numbers,
    notes=tuples_of(any_text),
)
answers = st.builds(
    Answer,
    question=storable_text,
    text=st.none() | storable_text,
    confidence=confidences,
    page=st.none() | st.integers(1, 9),
    boxes=tuples_of(boxes),
)
field_values = st.builds(
    FieldValue,
    name=storable_text,
    value=st.none() | storable_text,
    raw=st.none() | storable_text,
    confidence=confidences,
    page=st.none() | st.integers(1, 9),
    box=st.none() | boxes,
    boxes=tuples_of(boxes),
    currency=st.none() | st.sampled_from(["EUR", "MYR"]),
    flags=tuples_of(storable_text),
)
extractions = st.builds(
    Extraction,
    schema=storable_text,
    fields=tuples_of(
        field_values | st.builds(LineItems, name=storable_text, rows=tuples_of(tuples_of(field_values)))
    ),
    checks=tuples_of(
        st.builds(CheckResult, storable_text, st.booleans(), storable_text, tuples_of(storable_text))
    ),
    notes=tuples_of(storable_text),
)
