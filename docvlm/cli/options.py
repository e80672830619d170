"""The commands and their options. Each command names the function that runs it."""

from __future__ import annotations

import argparse

from docvlm.cli import batch, commands, doctor
from docvlm.cli.observed import add_observed_command
from docvlm.cli.store import add_store
from docvlm.terminal import EXIT_CODES, Subparsers


def build_parser() -> argparse.ArgumentParser:
    """The parser of ``python -m docvlm``."""
    parser = argparse.ArgumentParser(
        prog="python -m docvlm",
        description="Ask and extract from PDFs and images; every answer is shown where it stands.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _read(subparsers)
    _tiles(subparsers)
    _ask(subparsers)
    _extract(subparsers)
    _batch(subparsers)
    _search(subparsers)
    _export(subparsers)
    _setup(subparsers)
    _doctor(subparsers)
    add_store(subparsers)
    return parser


def _add_document_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pages", metavar="RANGE", help="pages such as 1-3,7 (default: all)")
    parser.add_argument(
        "--tiles", metavar="BUDGET", help="fast, balanced, accurate or a number of tiles for each page"
    )
    parser.add_argument(
        "--model", help="'embedded', a Hub name, a folder or a server's http://host:port/v1#model"
    )
    parser.add_argument(
        "--adapter",
        help="name or folder of an adapter; 'none' for the model as it is (default: the active one)",
    )
    parser.add_argument("--password", help="password of an encrypted PDF; '-' asks for it without showing it")


def _add_fresh(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fresh", action="store_true", help="ask the model again, even where a result is kept"
    )


def _read(subparsers: Subparsers) -> None:
    parser = add_observed_command(subparsers, "read", commands.read, "read the words of a document")
    parser.add_argument("file", nargs="+", help="PDF or image")
    parser.add_argument(
        "--format",
        choices=["text", "markdown", "hocr", "pdf"],
        default="text",
        help="text as laid out on the page, markdown, hOCR or a searchable PDF (default: text)",
    )
    parser.add_argument("--out", metavar="FILE", help="write here instead of printing")
    _add_document_options(parser)


def _tiles(subparsers: Subparsers) -> None:
    parser = add_observed_command(subparsers, "tiles", commands.tiles, "show how pages are cut into tiles")
    parser.add_argument("file", help="PDF or image")
    parser.add_argument("--out", metavar="PNG", help="draw the plan; the page number is put into the name")
    _add_document_options(parser)


def _ask(subparsers: Subparsers) -> None:
    parser = add_observed_command(subparsers, "ask", commands.ask, "ask a question about a document")
    parser.add_argument("file", help="PDF or image")
    parser.add_argument("question", help="such as 'What is the total?'")
    _add_fresh(parser)
    _add_document_options(parser)


def _extract(subparsers: Subparsers) -> None:
    parser = add_observed_command(subparsers, "extract", commands.extract, "extract the fields of a schema")
    parser.add_argument("file", nargs="+", help="PDF or image")
    parser.add_argument(
        "--schema",
        required=True,
        help="receipt, invoice, form, bank_statement, id_card, purchase_order, contract, a JSON Schema file, "
        "or a list such as 'company, date:date, total:amount'",
    )
    _add_fresh(parser)
    _add_document_options(parser)


def _batch(subparsers: Subparsers) -> None:
    parser = add_observed_command(
        subparsers, "batch", batch.batch, "read, ask or extract from folders of documents, with resume"
    )
    parser.add_argument(
        "source",
        nargs="+",
        help="folder, file, 'glob/**/*.pdf', @list.txt (a path a line), or - for a list on standard input",
    )
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument("--schema", help="extract the fields of a schema, named as for 'extract'")
    task.add_argument("--ask", metavar="QUESTION", help="ask every document this")
    task.add_argument("--read", action="store_true", help="only read the words; needs no model")
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="write the results: .csv, .xlsx, .json, .md or .jsonl; with --read .jsonl or .txt",
    )
    parser.add_argument(
        "--report", metavar="HTML", help="write the report here (default: beside --out, as NAME.report.html)"
    )
    _add_selection(parser)
    _add_workers(parser)
    _add_document_options(parser)


def _add_selection(parser: argparse.ArgumentParser) -> None:
    """Which files a batch takes, and whether it works on them."""
    parser.add_argument("--watch", action="store_true", help="go on with new and changed files until stopped")
    parser.add_argument("--shard", metavar="I/N", help="do the I-th of N parts, for job arrays")
    parser.add_argument("--retry-failed", action="store_true", help="try again what failed in earlier runs")
    parser.add_argument("--limit", type=int, metavar="N", help="begin at most N documents not done before")
    parser.add_argument(
        "--since", metavar="WHEN", help="only files changed since: 2026-05-31, 2026-05-31T12:00, 7d or 12h"
    )
    parser.add_argument("--dry-run", action="store_true", help="count the work and estimate its time only")


def _add_workers(parser: argparse.ArgumentParser) -> None:
    """Who does the work of a batch, and for how long at most."""
    parser.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="reading processes (default: as many as idle cores and memory hold)",
    )
    parser.add_argument(
        "--threads",
        type=int,
        metavar="N",
        help="processor threads of each model (default: what reading leaves of the idle cores, two thirds "
        "at least, 8 at most; the report says what was chosen and why)",
    )
    parser.add_argument(
        "--engine",
        choices=["local", "ray"],
        default="local",
        help="where workers run: processes of this machine (default), or a Ray cluster",
    )
    parser.add_argument(
        "--address",
        help="of a running Ray cluster, such as auto or ray://host:10001 (default: start one here)",
    )
    parser.add_argument(
        "--model-workers",
        type=int,
        metavar="N",
        help="processes with a model each (default: 1), or that ask a server at once (default: 4)",
    )
    parser.add_argument(
        "--file-seconds",
        type=float,
        metavar="N",
        help="give a file up after so long; its pages so far are kept (default: for reading 5 minutes and 20 "
        "seconds a page, for the model 30 minutes and 5 minutes a page). A reading process may take 2 GiB of "
        "memory and one with a model 80%% of the machine's, or what DOCVLM_LIMIT_READER_BYTES and "
        "DOCVLM_LIMIT_MODEL_BYTES say",
    )


def _search(subparsers: Subparsers) -> None:
    parser = add_observed_command(
        subparsers, "search", commands.search, "search the text and answers of all documents"
    )
    parser.add_argument("query", help="words; the last one may be the beginning of a word")
    parser.add_argument("--limit", type=int, default=20, help="at most this many hits (default: 20)")


def _export(subparsers: Subparsers) -> None:
    parser = add_observed_command(subparsers, "export", commands.export, "write stored extractions to a file")
    parser.add_argument("out", help="a .csv, .xlsx or .json file")
    parser.add_argument("--schema", help="only extractions made with this schema")


def _setup(subparsers: Subparsers) -> None:
    parser = add_observed_command(
        subparsers, "setup", commands.setup, "fetch the model and prepare the data folder"
    )
    parser.add_argument("--model", help="'embedded' (default), a Hub name or a local folder")
    parser.add_argument("--adapter", help="name or folder of an adapter to check with it")


def _doctor(subparsers: Subparsers) -> None:
    parser = add_observed_command(
        subparsers, "doctor", doctor.doctor, "check that everything needed is here and works"
    )
    parser.add_argument("--quick", action="store_true", help="leave out reading a page and loading the model")
    parser.add_argument("--model", help="check this model instead of the one that is set")
    parser.add_argument("--adapter", help="check this adapter, by name or folder, with it")
