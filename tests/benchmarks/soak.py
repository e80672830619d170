"""Memory of a long batch: ``python -m tests.benchmarks.soak [--pages 10000] [--plot soak.png]``.

Generated text-layer PDFs, mixed with the real files of ../shared/data (hard PDFs, receipts), are read by one
``docvlm batch``. Every second the resident memory of its whole process tree is noted with the number of
pages in the store. The goal: at the end at most 1.1 times what it was after 500 pages (both are medians
over a tenth of the run, because a large page passes through the tree in between).
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import psutil

from tests.benchmarks.batch_throughput import write_texts

SETTLED_PAGES = 500


@dataclass(frozen=True, slots=True)
class Sample:
    seconds: float
    pages: int
    resident_bytes: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--pages", type=int, default=10_000, help="generated pages")
    parser.add_argument("--scans", type=int, default=200, help="real receipts and hard PDFs among them")
    parser.add_argument("--plot", type=Path, help="draw the memory over the pages into this PNG")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "in"
        write_texts(folder, options.pages)
        _mix_in_real_files(folder, options.data, options.scans)
        samples = _run(folder, Path(scratch) / "home", options.workers)
    settled = _median_after(samples, SETTLED_PAGES)
    final = statistics.median(sample.resident_bytes for sample in samples[-max(1, len(samples) // 10) :])
    print(f"{samples[-1].pages:,} pages in {samples[-1].seconds:,.0f} s")
    print(f"after {SETTLED_PAGES} pages {settled / 2**20:,.0f} MiB, at the end {final / 2**20:,.0f} MiB")
    print(f"ratio {final / settled:.2f} (goal: at most 1.1)")
    if options.plot:
        _plot(samples, options.plot)


def _mix_in_real_files(folder: Path, data: Path, count: int) -> None:
    real = sorted((data / "pdf_robustness").rglob("*.pdf")) + sorted((data / "sroie").rglob("*.jpg"))
    generated = len(list(folder.iterdir()))
    for number, path in enumerate(real[:: max(1, len(real) // max(1, count))][:count]):
        # Names decide the order: spread them evenly over the generated ones.
        place = number * generated // max(1, count)
        shutil.copy(path, folder / f"{place:04}-{path.name}")


def _run(folder: Path, home: Path, workers: int) -> list[Sample]:
    command = [sys.executable, "-m", "docvlm", "batch", str(folder), "--read", "--workers", str(workers)]
    started = time.monotonic()
    process = subprocess.Popen(command, env={**os.environ, "DOCVLM_HOME": str(home)})
    samples: list[Sample] = []
    try:
        while process.poll() is None:
            time.sleep(1)
            samples.append(Sample(time.monotonic() - started, _pages(home), _resident_bytes(process.pid)))
    finally:
        process.terminate()
        process.wait()
    return [sample for sample in samples if sample.resident_bytes]


def _resident_bytes(process_id: int) -> int:
    total = 0
    try:
        tree = [psutil.Process(process_id), *psutil.Process(process_id).children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for process in tree:
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def _pages(home: Path) -> int:
    if not (home / "docvlm.sqlite").exists():
        return 0
    with closing(sqlite3.connect(home / "docvlm.sqlite")) as connection:
        try:
            return int(connection.execute("SELECT count(*) FROM readings").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


def _median_after(samples: Sequence[Sample], pages: int) -> float:
    """Over a tenth of the samples, from the one with so many pages on."""
    first = next(index for index, sample in enumerate(samples) if sample.pages >= pages)
    window = samples[first : first + max(1, len(samples) // 10)]
    return statistics.median(sample.resident_bytes for sample in window)


def _plot(samples: Sequence[Sample], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(7, 3.5))
    axes.plot([sample.pages for sample in samples], [sample.resident_bytes / 2**20 for sample in samples])
    axes.set_xlabel("pages read")
    axes.set_ylabel("resident memory of the process tree (MiB)")
    axes.set_ylim(bottom=0)
    figure.tight_layout()
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
