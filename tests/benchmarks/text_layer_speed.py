"""Pages a second of text-layer PDFs: ``python -m tests.benchmarks.text_layer_speed [--pages N]``.

One run over one generated PDF, the peer first: pymupdf4llm (words to markdown in this very process),
then docvlm's ingest alone (text layer without pixels, in its worker process) and the whole of
``docvlm read`` (drawn, judged against the picture, put in reading order), without and with the store.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pymupdf
import pymupdf4llm

from docvlm import ingest
from docvlm.config import Settings
from docvlm.pipeline import Workspace
from docvlm.reading import read_page

SENTENCE = "The supplier delivers within ten working days of the order and invoices at the end of the month. "


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "contract.pdf"
        write_contract(path, options.pages)
        steps: list[tuple[str, Callable[[], object]]] = [
            ("pymupdf4llm, markdown", lambda: pymupdf4llm.to_markdown(path, show_progress=False)),
            ("docvlm ingest, words only", lambda: ingest_words(path)),
            ("docvlm read", lambda: read_all(path)),
            ("docvlm read, kept in SQLite", lambda: read_and_keep(path, Path(scratch) / "home")),
        ]
        print("| what | pages/s | ratio |\n|---|---|---|")
        peer = 0.0
        for name, step in steps:
            started = time.perf_counter()
            step()
            rate = options.pages / (time.perf_counter() - started)
            peer = peer or rate
            print(f"| {name} | {rate:.1f} | {rate / peer:.2f}× |")


def write_contract(path: Path, pages: int) -> None:
    with pymupdf.open() as document:
        for number in range(pages):
            page = document.new_page()
            page.insert_text((72, 60), f"{number + 1}. Terms of delivery", fontsize=15)
            page.insert_textbox((72, 80, 523, 780), SENTENCE * 22, fontsize=10)
        document.save(path)


def ingest_words(path: Path) -> int:
    with ingest.open_document(path) as document:
        return sum(len(page.text_layer or ()) for page in document.pages(images=False))


def read_all(path: Path) -> int:
    with ingest.open_document(path) as document:
        return sum(len(read_page(page).words) for page in document.pages())


def read_and_keep(path: Path, home: Path) -> int:
    settings = Settings(home, f"sqlite:///{home / 'docvlm.sqlite'}")
    with Workspace(settings) as workspace, workspace.open(path) as document:
        return sum(len(page.reading.words) for page in document.read() if page.reading)


if __name__ == "__main__":
    main()
