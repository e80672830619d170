"""``python -m finetune synthesize``: made-up documents as pictures, with labels."""

from __future__ import annotations

import argparse
from pathlib import Path

from docvlm.errors import UsageError
from docvlm.terminal import Subparsers, add_command, progress_bar
from finetune.synthesis.drawing import KINDS
from finetune.synthesis.drawing.writing import CASES_FILE, CONTACT_SHEET, WORDS_FILE, write_pages
from finetune.synthesis.vocabulary import LANGUAGES

_LEAST_SIZE = 256


def add_commands(subparsers: Subparsers) -> None:
    """Add ``synthesize``."""
    parser = add_command(
        subparsers,
        "synthesize",
        _synthesize,
        "draw made-up documents, with labels and the place of every word",
    )
    parser.add_argument("--count", type=int, default=100, metavar="N", help="how many pages (default: 100)")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where they go")
    parser.add_argument(
        "--kind",
        nargs="+",
        default=(),
        choices=[*KINDS],
        metavar="KIND",
        help=f"only these: {', '.join(KINDS)}",
    )
    parser.add_argument("--language", choices=LANGUAGES, help="only this language (default: any)")
    parser.add_argument("--seed", default="0", help="another seed gives other pages (default: 0)")
    parser.add_argument(
        "--size", type=int, metavar="PIXELS", help="of the longer side at most (default: as drawn)"
    )
    parser.add_argument(
        "--no-effects", action="store_true", help="clean pages, neither scanned nor photographed nor faxed"
    )


def _synthesize(options: argparse.Namespace) -> int:
    if options.count < 1:
        raise UsageError("--count must be above zero.", "Give a positive number.")
    if options.size is not None and options.size < _LEAST_SIZE:
        raise UsageError(
            f"At {options.size} pixels nothing can be read.", f"Give --size {_LEAST_SIZE} or more."
        )
    with progress_bar() as bar:
        task = bar.add_task("Drawing", total=options.count)
        write_pages(
            options.out,
            options.count,
            options.seed,
            kinds=options.kind,
            language=options.language,
            effects=not options.no_effects,
            longest=options.size,
            tell=lambda: bar.advance(task),
        )
    print(f"{options.count} pages in {options.out}: labels in {CASES_FILE}, places of words in {WORDS_FILE}.")
    print(f"To look at them: {options.out / CONTACT_SHEET}")
    return 0
