"""Whether the product's reader reads what the generator draws: word F1 and CER for each way of taking a page.

    python -m tests.benchmarks.synthesis_reading [--pages 20] [--seed 0] [--worst 3]

Word F1 compares bags of words without regard to case and order. CER is the Levenshtein distance by the number
of characters, case and order regarded. Pages are those of ``python -m finetune synthesize``.
"""

from __future__ import annotations

import argparse
import statistics
from collections import Counter, defaultdict

from rapidfuzz.distance import Levenshtein

from docvlm.reading import read_page
from docvlm.types import Page, PageStatus, Reading
from finetune.synthesis.drawing import DrawnPage, draw_page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--seed", default="0")
    parser.add_argument("--worst", type=int, default=3, help="name the pages that are read worst")
    options = parser.parse_args()
    scores: dict[str, list[tuple[float, float]]] = defaultdict(list)
    named: list[tuple[float, str]] = []
    for number in range(options.pages):
        page = draw_page(f"{options.seed}:{number}")
        found = read_page(as_page(page), ocr=True)
        score = word_f1(page.document.reading, found), error_rate(page.document.reading, found)
        for group in ("all", str(page.look)):
            scores[group].append(score)
        named.append((score[0], f"{number}: {page.document.kind}, {page.look}, {page.image.shape}"))
    print("| taken as | pages | mean word F1 | median word F1 | mean CER |\n|---|---:|---:|---:|---:|")
    for group, found_scores in sorted(scores.items()):
        f1, errors = zip(*found_scores, strict=True)
        figures = f"{statistics.mean(f1):.3f} | {statistics.median(f1):.3f} | {statistics.mean(errors):.3f}"
        print(f"| {group} | {len(f1)} | {figures} |")
    for f1_score, name in sorted(named)[: options.worst]:
        print(f"word F1 {f1_score:.3f}: page {name}")


def as_page(page: DrawnPage) -> Page:
    """A drawn page as it would come out of a file."""
    height, width = page.image.shape[:2]
    return Page(1, PageStatus.OK, width, height, page.image)


def word_f1(right: Reading, found: Reading) -> float:
    """Twice the words in common by the words of both; case is not regarded."""
    wanted, got = (Counter(word.text.casefold() for word in reading.words) for reading in (right, found))
    return 2 * (wanted & got).total() / max(1, wanted.total() + got.total())


def error_rate(right: Reading, found: Reading) -> float:
    """Character errors by the characters of the right text, white space folded."""
    wanted, got = (" ".join(reading.text.split()) for reading in (right, found))
    return Levenshtein.distance(wanted, got) / max(1, len(wanted))


if __name__ == "__main__":
    main()
