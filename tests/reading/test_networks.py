"""The reader's networks on both runtimes."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

from docvlm.config import ONNXRUNTIME, OPENVINO, Settings
from docvlm.errors import ModelError, UsageError
from docvlm.reading.networks import open_network
from docvlm.reading.ocr import PaddleReader
from docvlm.types import RgbImage


@pytest.fixture(scope="module")
def receipt(samples: Path) -> RgbImage:
    image = cv2.imread(str(samples / "receipt.jpg"))
    assert image is not None
    return np.ascontiguousarray(image[:, :, ::-1], np.uint8)


def _text(reader: PaddleReader, image: RgbImage) -> str:
    return "\n".join(line.text for line in reader.recognise(image, reader.detect(image)))


def test_openvino_reads_what_onnxruntime_reads(receipt: RgbImage) -> None:
    expected = _text(PaddleReader(1, ONNXRUNTIME), receipt)
    found = _text(PaddleReader(1, OPENVINO), receipt)
    assert len(expected) > 200
    assert Levenshtein.distance(expected, found) <= len(expected) // 100


def test_a_reader_is_shared_by_threads(receipt: RgbImage) -> None:
    reader = PaddleReader(1, OPENVINO)
    quads = reader.detect(receipt)
    alone = [line.text for line in reader.recognise(receipt, quads)]
    with ThreadPoolExecutor(3) as threads:
        at_once = list(threads.map(lambda _: reader.recognise(receipt, quads), range(3)))
    assert [[line.text for line in lines] for lines in at_once] == [alone] * 3


def test_a_runtime_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)  # what a missing package does to import
    with pytest.raises(ModelError, match=r"requirements-openvino\.txt"):
        PaddleReader(1, OPENVINO)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"none\.onnx"):
        open_network(tmp_path / "none.onnx", ONNXRUNTIME, None)


def test_the_reader_is_chosen_by_the_environment() -> None:
    assert Settings.from_environment({}).reader == ONNXRUNTIME
    assert Settings.from_environment({"DOCVLM_READER": "openvino"}).reader == OPENVINO
    with pytest.raises(UsageError, match="'tesseract'"):
        Settings.from_environment({"DOCVLM_READER": "tesseract"})
