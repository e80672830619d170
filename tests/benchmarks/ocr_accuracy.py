"""OCR quality and speed: docvlm.reading beside rapidocr with its defaults and tesseract 5, in one run.

    python -m tests.benchmarks.ocr_accuracy --data ../shared/data --limit 40

Character error rate (CER) is the Levenshtein distance divided by the number of characters of the
transcript, summed over the pages (the usual definition, as in jiwer). Before comparing, runs of white space
become one space and letters lose their case (the SROIE transcripts are upper-cased). Word F1 compares
bags of words, so it does not depend on the reading order. All three readers get the same picture.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import re
import subprocess
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pymupdf
from PIL import Image, ImageOps
from rapidfuzz.distance import Levenshtein

from docvlm.reading import read_page
from docvlm.types import Page, PageStatus, RgbImage

SEED = 20260


@dataclass(frozen=True)
class Case:
    """A picture and what stands on it."""

    name: str
    path: Path
    text: str


@dataclass(frozen=True)
class PageScore:
    """Errors and sizes of one page, to be summed."""

    name: str
    edits: int
    characters: int
    matched_words: int
    read_words: int
    true_words: int
    seconds: float


def load_cases(folder: Path, limit: int | None) -> list[Case]:
    """The ``ocr`` cases of a data folder; a seeded sample of ``limit`` of them."""
    rows = [json.loads(row) for row in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines()]
    cases = [
        Case(Path(row["file"]).name, folder / row["file"], row["text"])
        for row in rows
        if row["task"] == "ocr"
    ]
    if limit is not None and len(cases) > limit:
        cases = random.Random(SEED).sample(cases, limit)
    return cases


def load_picture(path: Path) -> RgbImage:
    """RGB pixels; the first page of a PDF at 200 dpi."""
    if path.suffix == ".pdf":
        pixmap = pymupdf.open(path)[0].get_pixmap(dpi=200, alpha=False)
        return np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.h, pixmap.w, 3).copy()
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def normalised(text: str) -> str:
    """NFKC, lower case, single spaces, hyphenation at line ends joined."""
    text = re.sub(r"(?<=[^\W\d_])-\n\s*(?=[^\W\d_])", "", text)
    text = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"\s+", " ", text).strip()


def score(case: Case, read: str, seconds: float) -> PageScore:
    truth, found = normalised(case.text), normalised(read)
    true_words, read_words = Counter(truth.split()), Counter(found.split())
    return PageScore(
        case.name,
        Levenshtein.distance(truth, found),
        len(truth),
        (true_words & read_words).total(),
        read_words.total(),
        true_words.total(),
        seconds,
    )


def docvlm_reader() -> Callable[[RgbImage], str]:
    def read(image: RgbImage) -> str:
        page = Page(1, PageStatus.OK, image.shape[1], image.shape[0], image)
        return read_page(page, ocr=True).text

    return read


def rapidocr_reader() -> Callable[[RgbImage], str]:
    from rapidocr import RapidOCR

    engine: Any = RapidOCR(params={"Global.log_level": "critical"})

    def read(image: RgbImage) -> str:
        return "\n".join(engine(cv2.cvtColor(image, cv2.COLOR_RGB2BGR)).txts or ())

    return read


def tesseract_reader() -> Callable[[RgbImage], str]:
    languages = subprocess.run(
        ["tesseract", "--list-langs"], capture_output=True, text=True, check=True
    ).stdout
    chosen = "+".join(code for code in ("eng", "fra") if code in languages.split())

    def read(image: RgbImage) -> str:
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            Image.fromarray(image).save(file.name)
            command = ["tesseract", file.name, "-", "-l", chosen, "--psm", "1"]
            return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    return read


def run(reader: Callable[[RgbImage], str], cases: Sequence[Case]) -> list[PageScore]:
    """Read every case; the first is read once before the clock starts, so that models are loaded."""
    reader(load_picture(cases[0].path))
    scores = []
    for case in cases:
        image = load_picture(case.path)
        start = time.perf_counter()
        read = reader(image)
        scores.append(score(case, read, time.perf_counter() - start))
    return scores


def table_row(data: str, name: str, scores: Sequence[PageScore]) -> str:
    cer = sum(page.edits for page in scores) / sum(page.characters for page in scores)
    mean_cer = sum(page.edits / max(1, page.characters) for page in scores) / len(scores)
    matched = sum(page.matched_words for page in scores)
    f1 = 2 * matched / (sum(page.read_words for page in scores) + sum(page.true_words for page in scores))
    seconds = sum(page.seconds for page in scores) / len(scores)
    return f"| {data} ({len(scores)}) | {name} | {cer:.2%} | {mean_cer:.2%} | {f1:.2%} | {seconds:.2f} |"


def parse_arguments(arguments: Iterable[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--limit", type=int, default=40, help="receipts of SROIE to read (seeded sample)")
    parser.add_argument("--readers", nargs="+", choices=list(READERS), default=list(READERS))
    parser.add_argument("--each", action="store_true", help="also print every page's error rate")
    return parser.parse_args(None if arguments is None else list(arguments))


READERS = {"docvlm": docvlm_reader, "rapidocr": rapidocr_reader, "tesseract": tesseract_reader}


def main() -> None:
    options = parse_arguments()
    data_sets = {
        "ocr_pages": load_cases(options.data / "ocr_pages", None),
        "sroie": load_cases(options.data / "sroie", options.limit),
    }
    rows = []
    for data, cases in data_sets.items():
        results = {name: run(READERS[name](), cases) for name in options.readers}
        rows.extend(table_row(data, name, scores) for name, scores in results.items())
        if options.each:
            for pages in zip(*results.values(), strict=True):
                rates = "  ".join(f"{page.edits / max(1, page.characters):7.2%}" for page in pages)
                print(f"{pages[0].name:32} {rates}", flush=True)
    print(f"\n{platform.machine()}, {platform.python_implementation()} {platform.python_version()}\n")
    print("| data (pages) | reader | CER | mean page CER | word F1 | s/page |\n|---|---|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
