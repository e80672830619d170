"""Scans that carry another program's reading: what docvlm makes of them, and what lies in the file.

    python -m tests.benchmarks.searchable_scans --data ../shared/data --limit 25

Tesseract 5 makes a searchable PDF of every picture. Its pages are read as docvlm reads them, and once more
with the invisible words taken as the text of an ordinary PDF would be. Error rates as in
``tests.benchmarks.ocr_accuracy``.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from PIL import Image

from docvlm.ingest import open_document
from docvlm.reading import default_reader, read_page
from docvlm.types import Page
from tests.benchmarks.ocr_accuracy import Case, PageScore, load_cases, load_picture, score, table_row


def searchable_page(picture: Path, folder: Path) -> Page:
    """The page of a PDF that tesseract makes of a picture, at 200 dpi."""
    scan = folder / "scan.png"
    Image.fromarray(load_picture(picture)).save(scan, dpi=(200, 200))
    subprocess.run(["tesseract", scan, folder / "scan", "pdf"], check=True, capture_output=True)
    with open_document(folder / "scan.pdf") as document:
        return next(iter(document.pages([1])))


def scores_of(case: Case, folder: Path) -> Iterator[tuple[str, PageScore]]:
    page = searchable_page(case.path, folder)
    shown = tuple(replace(word, visible=True) for word in page.text_layer or ())
    in_file = replace(page, text_layer=shown)
    for name, given, ocr in (("docvlm", page, None), ("the reading in the file", in_file, False)):
        start = time.perf_counter()
        text = read_page(given, ocr=ocr).text
        yield name, score(case, text, time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--limit", type=int, default=25, help="receipts of SROIE to read (seeded sample)")
    options = parser.parse_args()
    default_reader()  # its models are loaded before the clock starts
    print("| data (pages) | reader | CER | mean page CER | word F1 | s/page |")
    print("|---|---|---|---|---|---|")
    for data, limit in (("ocr_pages", None), ("sroie", options.limit)):
        cases = load_cases(options.data / data, limit)
        scores: dict[str, list[PageScore]] = defaultdict(list)
        for case in cases:
            with tempfile.TemporaryDirectory() as folder:
                for name, page_score in scores_of(case, Path(folder)):
                    scores[name].append(page_score)
        for name, found in scores.items():
            print(table_row(data, name, found), flush=True)


if __name__ == "__main__":
    main()
