"""Fifty real receipts through the command line: valid JSON, and every value stands where its box is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.conftest import REPOSITORY

pytestmark = [pytest.mark.slow, pytest.mark.shared_data]

RECEIPTS = 50
VALUE_SCHEMA = {
    "type": "object",
    "required": ["value", "raw", "confidence", "page", "box"],
    "properties": {
        "value": {"type": ["string", "null"]},
        "raw": {"type": ["string", "null"]},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "page": {"type": ["integer", "null"]},
        "box": {"type": ["array", "null"], "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
    },
}
RESULT_SCHEMA = {
    "type": "object",
    "required": ["fields"],
    "properties": {
        "fields": {
            "type": "object",
            "additionalProperties": {
                "anyOf": [
                    VALUE_SCHEMA,
                    {"type": "array", "items": {"type": "object", "additionalProperties": VALUE_SCHEMA}},
                ]
            },
        }
    },
}


def run_json_lines(home: Path, *arguments: str) -> list[Any]:
    done = subprocess.run(
        [sys.executable, "-m", "docvlm", *arguments, "--json"],
        cwd=REPOSITORY,
        env={**os.environ, "DOCVLM_HOME": str(home)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def values_of(result: Any) -> list[Any]:
    found = []
    for field in result["fields"].values():
        rows = field if isinstance(field, list) else [{"": field}]
        found += [cell for row in rows for cell in row.values() if cell["raw"] is not None]
    return found


def words_inside(box: list[float], words: list[Any]) -> list[str]:
    """The words whose boxes lie in ``box``, one pixel of rounding allowed."""
    x0, y0, x1, y1 = box
    return [
        word["text"]
        for word in words
        if word["box"][0] >= x0 - 1
        and word["box"][1] >= y0 - 1
        and word["box"][2] <= x1 + 1
        and word["box"][3] <= y1 + 1
    ]


def test_every_value_is_a_run_of_words_inside_its_box(shared_data: Path, model_home: Path) -> None:
    images = sorted((shared_data / "sroie" / "images").glob("*.jpg"))[:RECEIPTS]
    files = [str(image) for image in images]
    results = run_json_lines(model_home, "extract", *files, "--schema", "receipt")
    readings = run_json_lines(model_home, "read", *files)
    assert len(results) == len(readings) == RECEIPTS
    checked = 0
    for result, reading in zip(results, readings, strict=True):
        jsonschema.validate(result, RESULT_SCHEMA)
        pages = {page["number"]: page["words"] for page in reading["pages"]}
        for value in values_of(result):
            inside = words_inside(value["box"], pages[value["page"]])
            assert set(value["raw"].split()) <= set(inside), (result["file"], value)
            checked += 1
    assert checked > RECEIPTS  # an extractor that finds nothing would pass everything above
