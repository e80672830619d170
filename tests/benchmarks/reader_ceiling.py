"""The most that extraction can reach: ``python -m tests.benchmarks.reader_ceiling CASES.jsonl``.

A value is a run of whole words of the page, so a label that the reader misread can never be matched. This
prints, field by field, the share of labels that stand on the page as such a run (letters and digits only,
as ``field_normalised`` compares), and with ``--misses`` those that do not, beside what is nearest. The
documents are those that ``learning_curve`` holds back with the same seed. With ``--labels N`` a misread label
counts, too, where an adapter that learnt from the first N of the other documents knows its spelling: what a
model could reach that makes no mistake.
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz

from docvlm.adapters import NOTHING_KNOWN, KnownValues
from docvlm.grounding import PageWords
from docvlm.reading import layout_rows
from finetune.data.cases import read_cases
from finetune.data.documents import FieldLabel
from finetune.data.known_texts import known_texts
from finetune.data.readings import Readings
from finetune.data.schema import schema_of


@dataclass(frozen=True, slots=True)
class Sought:
    """A label, whether it stands on a page or its spelling is known, and the words most like it."""

    field: str
    label: str
    found: bool
    nearest: str


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cases", type=Path)
    parser.add_argument("--held-back", type=int, default=60, help="how many documents (default: 60)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--labels", type=int, default=0, help="how many other documents are labelled")
    parser.add_argument("--misses", action="store_true", help="list the labels that stand nowhere")
    options = parser.parse_args()
    documents = [document for document in read_cases(options.cases, print) if document.fields]
    ordered = sorted(documents, key=lambda document: document.sha256)
    random.Random(options.seed).shuffle(ordered)
    labelled = ordered[options.held_back : options.held_back + options.labels]
    known = known_texts(labelled, schema_of(documents)) if labelled else NOTHING_KNOWN
    sought: list[Sought] = []
    with Readings.open() as readings:
        for document in ordered[: options.held_back]:
            pages = [
                PageWords([line.words for line in reading.lines], layout_rows(reading))
                for reading in readings.of(document)
            ]
            labels = [label for label in document.fields if isinstance(label, FieldLabel)]
            sought += [_seek(label, pages, known) for label in labels if label.accepted]
    _print_shares(sought)
    for one in sought if options.misses else ():
        if not one.found:
            print(f"{one.field}: {one.label!r}, nearest {one.nearest!r}")


def _print_shares(sought: Sequence[Sought]) -> None:
    shares = []
    for field, ones in itertools.groupby(sorted(sought, key=lambda one: one.field), lambda one: one.field):
        found = [one.found for one in ones]
        shares.append(statistics.fmean(found))
        print(f"{field}: {shares[-1]:.3f} of {len(found)}")
    print(f"mean over the fields: {statistics.fmean(shares):.3f}")


def _seek(label: FieldLabel, pages: Iterable[PageWords], known: KnownValues) -> Sought:
    nearest, similarity = "", -1.0
    for order in itertools.chain.from_iterable(page.orders for page in pages):
        words = [_plain(word) for word in order]
        ends = list(itertools.accumulate(len(word) for word in words))
        starts, text = {0, *ends}, "".join(words)
        for wanted in map(_plain, label.accepted):
            place = text.find(wanted)
            while place >= 0:
                if place in starts and place + len(wanted) in ends:
                    return Sought(label.name, label.accepted[0], True, wanted)
                place = text.find(wanted, place + 1)
            near = fuzz.partial_ratio_alignment(wanted, text)
            if near is not None and near.score > similarity:
                first = next(number for number, end in enumerate(ends) if end > near.dest_start)
                last = next(number for number, end in enumerate(ends) if end >= near.dest_end)
                nearest, similarity = " ".join(order[first : last + 1]), near.score
    spelling = known.spelling(label.name, nearest)
    is_known = spelling is not None and _plain(spelling) in map(_plain, label.accepted)
    return Sought(label.name, label.accepted[0], is_known, nearest)


def _plain(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


if __name__ == "__main__":
    main()
