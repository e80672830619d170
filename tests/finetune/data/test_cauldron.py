from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from docvlm.errors import InputError
from finetune.data.cases import read_cases
from finetune.data.cauldron import read_cauldron, write_cauldron
from finetune.data.documents import FieldLabel, LabelledDocument, QuestionLabel, RowsLabel, TranscriptLabel
from finetune.data.json_lines import content_hash


def picture(color: str = "white", size: tuple[int, int] = (30, 20), form: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, form)
    return file.getvalue()


def image(data: bytes | None, path: str | None = "a.png") -> dict[str, Any]:
    return {"bytes": data, "path": path}


def turn(user: str, assistant: str, source: str = "docvqa") -> dict[str, str]:
    return {"user": user, "assistant": assistant, "source": source}


def parquet(folder: Path, *rows: dict[str, Any], name: str = "train-00000-of-00001.parquet") -> Path:
    path = folder / name
    pq.write_table(pa.Table.from_pylist([*rows]), path)
    return path


def labelled(path: Path, **labels: Any) -> LabelledDocument:
    return LabelledDocument(content_hash(path), path.name, path, **labels)


LABELS = {
    "fields": (
        FieldLabel("total", "9.00"),
        FieldLabel("tip", None),
        RowsLabel("items", ((FieldLabel("name", "Tea"), FieldLabel("price", None)),)),
    ),
    "questions": (QuestionLabel("What was bought?", ("Tea",)), QuestionLabel("Who signed?", ())),
    "transcripts": (TranscriptLabel(text="TEA\n9.00", page=1), TranscriptLabel(words=("TEA", "9.00"))),
}


def test_turns_of_a_picture_are_questions(tmp_path: Path) -> None:
    row = {
        "images": [image(picture())],
        "texts": [turn("What is the total?", "12.50."), turn("Is it signed?", "Yes")],
    }
    (document,) = read_cauldron(parquet(tmp_path, row), tmp_path / "pictures")
    assert document.questions == (
        QuestionLabel("What is the total?", ("12.50.", "12.50")),
        QuestionLabel("Is it signed?", ("Yes",)),
    )
    assert document.split == "train" and document.path is not None
    assert document.path.parent == tmp_path / "pictures"
    assert document.path.read_bytes() == picture()


def test_rows_about_one_picture_are_one_document(tmp_path: Path) -> None:
    rows = [{"images": [image(picture())], "texts": [turn(f"{word}?", word)]} for word in ("A", "B")]
    (document,) = read_cauldron(parquet(tmp_path, *rows), tmp_path)
    assert [label.question for label in document.questions] == ["A?", "B?"]


def test_labels_come_back_from_their_turns(samples: Path, tmp_path: Path) -> None:
    document = labelled(samples / "receipt.jpg", split="dev", **LABELS)
    assert write_cauldron([document], tmp_path / "out") == [tmp_path / "out" / "validation.parquet"]
    (again,) = read_cauldron(tmp_path / "out", tmp_path / "pictures")
    assert (again.fields, again.questions, again.transcripts) == (
        document.fields,
        document.questions,
        document.transcripts,
    )
    assert (again.sha256, again.split) == (document.sha256, "dev")


def test_the_pages_of_a_pdf_are_the_pictures_of_a_row(samples: Path, tmp_path: Path) -> None:
    from docvlm.ingest import open_document

    source = samples / "scanned-contract.pdf"
    with open_document(source) as opened:
        sizes = [(page.width, page.height) for page in opened.pages()]
    (path,) = write_cauldron([labelled(source, questions=LABELS["questions"])], tmp_path)
    assert len(pq.read_table(path).to_pylist()[0]["images"]) == len(sizes)
    (again,) = read_cauldron(path, tmp_path / "pictures")
    assert again.path is not None
    with open_document(again.path) as opened:
        assert [(page.width, page.height) for page in opened.pages()] == sizes


def test_several_pictures_are_pages_without_loss(tmp_path: Path) -> None:
    row = {"images": [image(picture("red")), image(picture("blue", (8, 9)))], "texts": [turn("A?", "B")]}
    (document,) = read_cauldron(parquet(tmp_path, row), tmp_path / "pictures")
    assert document.path is not None
    with Image.open(document.path) as tiff:
        assert tiff.n_frames == 2 and tiff.getpixel((0, 0)) == (255, 0, 0)
        tiff.seek(1)
        assert tiff.size == (8, 9) and tiff.getpixel((0, 0)) == (0, 0, 255)


GOOD = {"images": [image(picture())], "texts": [turn("A?", "B")]}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"images": [], "texts": GOOD["texts"]}, "has no picture"),
        ({"images": [image(None)], "texts": GOOD["texts"]}, "without its bytes"),
        ({"images": [image(b"%PDF-1.7 1 0 obj")], "texts": GOOD["texts"]}, "a document where a picture"),
        ({"images": [image(b"MZ not a picture \xff")], "texts": GOOD["texts"]}, "cannot be used"),
        ({"images": GOOD["images"], "texts": [turn("", "B")]}, "without the texts"),
        ({"images": GOOD["images"], "texts": [turn("A?", " ")]}, "empty reply"),
        ({"images": GOOD["images"], "texts": [turn("A?", "{", "docvlm/fields")]}, "not valid JSON"),
        ({"images": [image(picture()), image(picture()[:60])], "texts": GOOD["texts"]}, "damaged"),
    ],
)
def test_a_broken_row_is_named_and_the_others_go_on(tmp_path: Path, row: dict[str, Any], says: str) -> None:
    path = parquet(tmp_path, GOOD, row)
    with pytest.raises(InputError, match=rf"Row 2 of .*{says}"):
        read_cauldron(path, tmp_path / "pictures")
    told: list[str] = []
    assert len(read_cauldron(path, tmp_path / "pictures", told.append)) == 1
    assert len(told) == 1 and says in told[0]


@pytest.mark.parametrize(
    "path", ["../../evil.png", "/etc/cron.d/evil", "a/b\\..\\evil", "\0", "." * 300, None]
)
def test_pictures_stay_in_their_folder_whatever_they_are_called(tmp_path: Path, path: str | None) -> None:
    row = {"images": [image(picture(), path)], "texts": GOOD["texts"]}
    pictures = tmp_path / "deep" / "pictures"
    (document,) = read_cauldron(parquet(tmp_path, row), pictures)
    assert document.path is not None and document.path.parent == pictures
    assert [item.name for item in pictures.iterdir()] == [document.path.name]
    assert document.path.suffix == ".png" and len(document.path.name) < 100


def test_what_is_no_parquet_of_this_form_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        read_cauldron(tmp_path / "a.parquet", tmp_path)
    with pytest.raises(InputError, match="no columns 'images' and 'texts'"):
        read_cauldron(parquet(tmp_path, {"image": "x"}), tmp_path)


def test_a_document_that_is_gone_is_told_and_left_out(samples: Path, tmp_path: Path) -> None:
    document = labelled(samples / "receipt.jpg", **LABELS)
    told: list[str] = []
    (path,) = write_cauldron([replace(document, path=tmp_path / "gone.jpg"), document], tmp_path, told.append)
    assert len(told) == 1 and "not there any more" in told[0]
    assert pq.read_metadata(path).num_rows == 1


def test_fields_are_asked_for_in_words_that_any_trainer_can_use(samples: Path, tmp_path: Path) -> None:
    (path,) = write_cauldron([labelled(samples / "receipt.jpg", fields=LABELS["fields"])], tmp_path)
    (asked,) = pq.read_table(path).to_pylist()[0]["texts"]
    assert asked["user"].endswith("total, tip, items (name, price).")
    assert json.loads(asked["assistant"]) == {
        "total": "9.00",
        "tip": None,
        "items": [{"name": "Tea", "price": None}],
    }


@pytest.mark.shared_data
def test_real_receipts_there_and_back(shared_data: Path, tmp_path: Path) -> None:
    documents = read_cases(shared_data / "sroie" / "cases.jsonl", side_boxes=False)[:20]
    again = read_cauldron(write_cauldron(documents, tmp_path)[0], tmp_path / "pictures")
    assert [item.sha256 for item in again] == [item.sha256 for item in documents]
    assert [item.fields for item in again] == [item.fields for item in documents]
    assert [item.transcripts for item in again] == [item.transcripts for item in documents]
