"""Pages a second of whole batches beside other readers: ``python -m tests.benchmarks.batch_throughput``.

Text-layer PDFs are generated (400 words a page); scans are real receipts of ../shared/data/sroie, each
wrapped into a PDF of one page. ``docvlm batch --read`` is timed from the start of its command to its end:
files found, pages drawn, read, judged and kept in SQLite. The peers read the same files in as many
processes as docvlm has workers, each with one thread; their start is not counted. CER is that against
the transcripts, as in ``tests.benchmarks.ocr_accuracy``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pymupdf
from rapidfuzz.distance import Levenshtein

from docvlm.config import OPENVINO
from tests.benchmarks.ocr_accuracy import (
    Case,
    load_cases,
    load_picture,
    normalised,
    rapidocr_reader,
    tesseract_reader,
)
from tests.benchmarks.text_layer_speed import write_contract


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--pages", type=int, default=600, help="pages with a text layer, in files of 20")
    parser.add_argument("--scans", type=int, default=24, help="scanned receipts")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    os.environ.update(OMP_NUM_THREADS="1", OMP_THREAD_LIMIT="1")
    with tempfile.TemporaryDirectory() as scratch:
        texts, scans = Path(scratch) / "texts", Path(scratch) / "scans"
        write_texts(texts, options.pages)
        cases = _write_scans(scans, load_cases(options.data / "sroie", options.scans))
        print("| what | workers | pages/s | CER |\n|---|---:|---:|---:|")
        for workers in sorted({1, options.workers}):
            _row("text layers, docvlm batch", workers, *_docvlm(texts, workers, Path(scratch)))
        _row("text layers, pymupdf4llm", options.workers, *_peer(_markdown, sorted(texts.iterdir()), options))
        for workers in sorted({1, options.workers}):
            pages, seconds, read = _docvlm(scans, workers, Path(scratch))
            _row("scans, docvlm batch", workers, pages, seconds, read, cases)
        os.environ["DOCVLM_READER"] = OPENVINO
        pages, seconds, read = _docvlm(scans, options.workers, Path(scratch))
        _row("scans, docvlm batch, OpenVINO", options.workers, pages, seconds, read, cases)
        for name, read_one in (("rapidocr alone", _rapidocr), ("tesseract 5", _tesseract)):
            _row(f"scans, {name}", options.workers, *_peer(read_one, sorted(scans.iterdir()), options), cases)


def _row(
    what: str, workers: int, pages: int, seconds: float, read: dict[str, str], cases: Sequence[Case] = ()
) -> None:
    print(f"| {what} | {workers} | {pages / seconds:.2f} | {_error_rate(read, cases)} |", flush=True)


def _error_rate(read: dict[str, str], cases: Sequence[Case]) -> str:
    if not cases:
        return ""
    truths = {case.path.name: normalised(case.text) for case in cases}
    edits = sum(Levenshtein.distance(truth, normalised(read[name])) for name, truth in truths.items())
    return f"{edits / sum(map(len, truths.values())):.2%}"


def write_texts(folder: Path, pages: int) -> None:
    folder.mkdir()
    for number in range(pages // 20):
        path = folder / f"{number:04}.pdf"
        write_contract(path, 20)
        with pymupdf.open(path) as document:  # no two files alike
            document.set_metadata({"title": f"Contract {number}"})
            document.saveIncr()


def _write_scans(folder: Path, cases: Sequence[Case]) -> list[Case]:
    folder.mkdir()
    written = []
    for case in cases:
        path = folder / f"{Path(case.name).stem}.pdf"
        with pymupdf.open() as document:
            image = pymupdf.Pixmap(case.path)
            page = document.new_page(width=image.width * 72 / 150, height=image.height * 72 / 150)
            page.insert_image(page.rect, filename=case.path)
            document.save(path)
        written.append(Case(case.name, path, case.text))
    return written


def _docvlm(folder: Path, workers: int, scratch: Path) -> tuple[int, float, dict[str, str]]:
    """Pages, seconds, and the text of each file."""
    home = Path(tempfile.mkdtemp(dir=scratch))
    out = home / "out.jsonl"
    command = [sys.executable, "-m", "docvlm", "batch", str(folder), "--read", "--workers", str(workers)]
    started = time.perf_counter()
    subprocess.run(
        command, env={**os.environ, "DOCVLM_HOME": str(home)}, stdout=subprocess.DEVNULL, check=True
    )
    seconds = time.perf_counter() - started
    subprocess.run(  # from the store, nothing is read again
        [*command, "--out", str(out)],
        env={**os.environ, "DOCVLM_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    read: dict[str, str] = {}
    pages = 0
    for line in out.read_text(encoding="utf-8").splitlines():
        file: dict[str, Any] = json.loads(line)
        pages += len(file["pages"])
        read[file["file"]] = "\n".join(row["text"] for page in file["pages"] for row in page["lines"])
    return pages, seconds, read


def _peer(
    read_one: Callable[[Path], tuple[int, str]], files: Sequence[Path], options: argparse.Namespace
) -> tuple[int, float, dict[str, str]]:
    with multiprocessing.get_context("spawn").Pool(options.workers) as pool:
        pool.map(read_one, files[: options.workers], chunksize=1)  # load models before the clock starts
        started = time.perf_counter()
        results = pool.map(read_one, files, chunksize=1)
        seconds = time.perf_counter() - started
    return (
        sum(pages for pages, _ in results),
        seconds,
        {file.name: text for file, (_, text) in zip(files, results, strict=True)},
    )


def _markdown(path: Path) -> tuple[int, str]:
    import pymupdf4llm

    with pymupdf.open(path) as document:
        return document.page_count, pymupdf4llm.to_markdown(document, show_progress=False)


_READERS: dict[str, Callable[[Any], str]] = {}


def _rapidocr(path: Path) -> tuple[int, str]:
    return 1, _READERS.setdefault("rapidocr", rapidocr_reader())(load_picture(path))


def _tesseract(path: Path) -> tuple[int, str]:
    return 1, _READERS.setdefault("tesseract", tesseract_reader())(load_picture(path))


if __name__ == "__main__":
    main()
