"""Label files of unknown origin, changed at random: entries are refused with a sentence each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from docvlm.errors import DocvlmError
from finetune.data.forms import LabelForm, ReadOptions, read_labels
from tests.finetune.data.test_cauldron import image, picture, turn

ROUNDS = 150
ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    10**30,
    1e308,
    float("nan"),
    "",
    " ",
    "\0",
    "../../../etc/passwd",
    "/etc/passwd",
    "x" * 5000,
    "\ud800",
    [],
    {},
    [[]],
    [None],
    {"value": {}},
    {"": ""},
    [{"a": [{"b": [1]}]}],
)

CASES = [
    {
        "file": "a.png",
        "task": "extract",
        "fields": {"total": {"value": "1", "page": 1, "boxes": [[1, 2, 3, 4]]}},
    },
    {"file": "a.png", "task": "extract", "split": "dev", "fields": {"items": [{"name": "x"}], "tip": None}},
    {"file": "a.png", "task": "qa", "question": "?", "answers": ["x"], "page": 1},
    {"file": "a.png", "task": "ocr", "text": "x"},
]
DONUT = [
    {
        "file_name": "a.png",
        "ground_truth": {"gt_parse": {"total": "1", "menu": [{"nm": "x", "sub": [{"y": 1}]}]}},
    },
    {"file_name": "a.png", "ground_truth": {"gt_parses": [{"question": "?", "answer": "x"}]}},
    {"file_name": "a.png", "ground_truth": {"gt_parse": {"text_sequence": "x"}}},
]
BOX = {"x": 1, "y": 2, "width": 3, "height": 4, "rotation": 5}
TASKS = [
    {
        "data": {
            "image": "/data/local-files/?d=a.png",
            "absent": ["tip", "items[1].x"],
            "docvlm": [CASES[2]],
        },
        "annotations": [
            {
                "updated_at": "2024",
                "result": [
                    {"id": "1", "type": "rectanglelabels", "value": {**BOX, "rectanglelabels": ["total"]}},
                    {"id": "1", "type": "textarea", "item_index": 0, "value": {**BOX, "text": ["1"]}},
                    {"id": "2", "value": {"points": [[1, 2], [3, 4]], "polygonlabels": ["y"], "text": "z"}},
                    {"from_name": "k", "type": "choices", "value": {"choices": ["receipt"]}},
                ],
            }
        ],
    }
]
ROWS = [{"images": [image(picture())], "texts": [turn("A?", "B"), turn("F", '{"a": "b"}', "docvlm/fields")]}]


def changed(value: Any, rng: Random) -> Any:
    """A copy in which one place, chosen at random, holds something odd."""
    paths = [*_paths(value)]
    path = rng.choice(paths)
    copy = json.loads(json.dumps(value))
    place = copy
    for key in path[:-1]:
        place = place[key]
    if isinstance(place, dict) and rng.random() < 0.2:
        del place[path[-1]]
    else:
        place[path[-1]] = rng.choice(ODD)
    return copy


def _paths(value: Any) -> Iterator[tuple[Any, ...]]:
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, inner in entries:
        yield (key,)
        yield from ((key, *path) for path in _paths(inner))


def write(folder: Path, form: LabelForm, content: Any) -> Path:
    if form is LabelForm.LABEL_STUDIO:
        path = folder / "tasks.json"
        path.write_text(json.dumps(content))
        return path
    path = folder / ("metadata.jsonl" if form is LabelForm.DONUT else "cases.jsonl")
    path.write_text("".join(f"{json.dumps(line)}\n" for line in content))
    return path


@pytest.mark.parametrize(
    ("form", "content"),
    [(LabelForm.CASES, CASES), (LabelForm.DONUT, DONUT), (LabelForm.LABEL_STUDIO, TASKS)],
)
def test_odd_values_never_end_in_anything_but_a_sentence(
    tmp_path: Path, form: LabelForm, content: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Page sizes come from a process that parses the file; here every round has the same picture.
    monkeypatch.setattr("finetune.data.page_pictures.PagePictures.sizes", lambda _self, _path: {1: (30, 20)})
    (tmp_path / "a.png").write_bytes(picture())
    rng = Random(7)
    for _ in range(ROUNDS):
        odd = changed(content, rng)
        path = write(tmp_path, form, odd)
        told: list[str] = []
        try:
            documents = read_labels(path, ReadOptions(tmp_path / "pictures"), told.append, form)
        except DocvlmError as error:
            told.append(str(error))
            documents = ()
        assert all("\n" not in line and len(line) < 700 for line in told), told
        for document in documents:
            # docvlm's own form may name files anywhere: a split lies beside its documents or elsewhere.
            assert form is LabelForm.CASES or (document.path or Path("/")).is_relative_to(tmp_path)


def test_odd_turns_never_end_in_anything_but_a_sentence(tmp_path: Path) -> None:
    rng = Random(7)
    for _ in range(ROUNDS):
        turns = changed(ROWS[0]["texts"], rng)
        try:
            table = pa.Table.from_pylist([{"images": ROWS[0]["images"], "texts": turns}])
            pq.write_table(table, tmp_path / "a.parquet")
        except (pa.ArrowException, UnicodeEncodeError, OverflowError):
            continue  # no Parquet file can hold this
        told: list[str] = []
        try:
            read_labels(tmp_path / "a.parquet", ReadOptions(tmp_path / "pictures"), told.append)
        except DocvlmError as error:
            told.append(str(error))
        assert all("\n" not in line for line in told)


def test_damaged_parquet_files_are_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist(ROWS * 50), path)
    whole, rng = path.read_bytes(), Random(3)
    for _ in range(40):
        damaged = bytearray(whole)
        for _ in range(8):
            damaged[rng.randrange(4, len(damaged))] = rng.randrange(256)
        path.write_bytes(bytes(damaged[: rng.choice((len(damaged), rng.randrange(8, len(damaged))))]))
        told: list[str] = []
        try:
            read_labels(path, ReadOptions(tmp_path / "pictures"), told.append)
        except DocvlmError as error:
            told.append(str(error))
        assert all("\n" not in line and len(line) < 700 for line in told), told
