"""Words that the reader puts right by lists of words, and those that it makes worse.

    python -m tests.benchmarks.respelling [--pages 60] [--seed 0] [--cases CASES.jsonl] [--list] [--errors]

Pages are drawn as for ``tests.benchmarks.synthesis_reading``, or real ones with transcripts. A changed
word is put right where only the new one stands in the transcript, broken where only the old one does; case
is not regarded. ``--errors`` gives the character error rate of whole pages instead, as ``ocr_accuracy``
defines it, without respelling and with it.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from unittest.mock import patch

from rapidfuzz.distance import Levenshtein

from docvlm.reading.ctc import SPACE
from docvlm.reading.ocr import RecognisedLine, TextReader
from docvlm.reading.page_reader import default_reader
from docvlm.reading.respelling import respell
from docvlm.types import RgbImage
from finetune.synthesis.drawing import draw_page
from tests.benchmarks.ocr_accuracy import docvlm_reader, load_cases, load_picture, normalised


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--seed", default="0")
    parser.add_argument("--cases", type=Path, help="real pages with transcripts, instead of drawn ones")
    parser.add_argument("--list", action="store_true", help="name every changed word")
    parser.add_argument("--errors", action="store_true", help="character error rates, with and without")
    options = parser.parse_args()
    pages = real_pages(options.cases, options.pages) if options.cases else drawn_pages(options)
    if options.errors:
        print_errors(pages)
        return
    reader = default_reader()
    counts: Counter[str] = Counter()
    for image, transcript in pages:
        stand = {letters(word) for word in transcript.split()}
        for old, new in changed_words(reader, image):
            verdict = judge(letters(old), letters(new), stand)
            counts[verdict] += 1
            if options.list:
                print(f"{verdict}: {old} -> {new}", flush=True)
    print(", ".join(f"{counts[verdict]} {verdict}" for verdict in ("put right", "broken", "neither")))


def print_errors(pages: Iterable[tuple[RgbImage, str]]) -> None:
    edits, characters = [0, 0], 0
    read = docvlm_reader()
    for image, transcript in pages:
        right = normalised(transcript)
        characters += len(right)
        with patch("docvlm.reading.ocr_page.respell", tuple):
            edits[0] += Levenshtein.distance(normalised(read(image)), right)
        edits[1] += Levenshtein.distance(normalised(read(image)), right)
    without, with_lists = (100 * count / characters for count in edits)
    print(f"character error rate: {without:.2f} % as recognised, {with_lists:.2f} % respelt")


def drawn_pages(options: argparse.Namespace) -> Iterator[tuple[RgbImage, str]]:
    for number in range(options.pages):
        page = draw_page(f"{options.seed}:{number}")
        yield page.image, page.document.reading.text


def real_pages(cases: Path, count: int) -> Iterator[tuple[RgbImage, str]]:
    found = load_cases(cases.parent, None)
    random.Random(1).shuffle(found)
    for case in found[:count]:
        yield load_picture(case.path), case.text


def changed_words(reader: TextReader, image: RgbImage) -> Iterator[tuple[str, str]]:
    """The words of a page before and after, where they differ."""
    read = reader.recognise(image, reader.detect(image))
    for before, after in zip(read, respell(read), strict=True):
        if before.characters != after.characters:
            pairs = zip(words(before), words(after), strict=True)
            yield from ((old, new) for old, new in pairs if old != new)


def words(line: RecognisedLine) -> list[str]:
    characters = ((" " if one.space_before >= SPACE else "") + one.text for one in line.characters)
    return "".join(characters).split()


def letters(word: str) -> str:
    return "".join(character for character in word.casefold() if character.isalpha())


def judge(old: str, new: str, stand: Iterable[str]) -> str:
    if (old in stand) == (new in stand):
        return "neither"
    return "put right" if new in stand else "broken"


if __name__ == "__main__":
    main()
