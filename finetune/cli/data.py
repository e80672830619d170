"""``python -m finetune data``: labels checked, converted, taken in, given out, split; what to label next."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from docvlm.config import Settings
from docvlm.errors import UsageError
from docvlm.pipeline import Workspace, label_queue
from docvlm.schemas import load_schema
from docvlm.terminal import EXIT_CODES, Subparsers, progress_bar, tell
from finetune.cli.data_report import check_json, check_text, queue_json, queue_text
from finetune.data.checking import LabelCheck, check_labels
from finetune.data.documents import LabelledDocument
from finetune.data.forms import LabelForm, ReadOptions, read_labels, write_labels
from finetune.data.readings import Readings
from finetune.data.store_labels import keep_labels, labelled_documents
from finetune.data.words_under import words_under

TRAIN_FILE, HELD_OUT_FILE = "train.jsonl", "held_out.jsonl"
PICTURES = "images"
_FORMS = """forms of labels (SOURCE may be the file, or the folder it is in; which form it has is detected):
  cases         cases.jsonl: one question, extraction or transcript of a file a line
  cauldron      Parquet files with 'images' and 'texts', as The Cauldron's
  donut         metadata.jsonl with 'file_name' and 'ground_truth', beside the pictures
  label-studio  the JSON export of a Label Studio project, or tasks to import there; --images names the
                folder of the pictures, which is its document root for local files

"""


def add_commands(subparsers: Subparsers) -> None:
    """Add ``data`` and its own commands."""
    parser = subparsers.add_parser("data", help="check, convert, import, export and split labels")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)

    check = _action(actions, "check", _check, "list label problems, duplicates and how labels would be split")
    _add_source(check)
    check.add_argument(
        "--schema", help="fields to look for, as for 'docvlm extract' (default: those labelled)"
    )
    _add_split(check)
    _add_json(check)

    convert = _action(actions, "convert", _convert, "write labels in another form")
    _add_source(convert, or_store=False)
    convert.add_argument("--to", required=True, choices=[*LabelForm], help="the form to write")
    _add_out(convert)

    taking = _action(
        actions, "import", _import, "take labels and their documents into the store, as verified"
    )
    _add_source(taking, or_store=False)
    _add_json(taking)

    export = _action(actions, "export", _export, "write the labels in the store to files")
    export.add_argument("--to", default=LabelForm.CASES, choices=[*LabelForm], help="default: cases")
    _add_out(export)

    split = _action(actions, "split", _split, "hold documents back: write train.jsonl and held_out.jsonl")
    _add_source(split)
    _add_split(split)
    split.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the two files go")

    rank = _action(actions, "rank", _rank, "say which stored documents are best labelled next")
    rank.add_argument("--schema", help="fields to be labelled (default: any)")
    rank.add_argument("--limit", type=int, default=10, metavar="N", help="how many (default: 10)")
    _add_json(rank)


def _action(
    actions: Subparsers, name: str, run: Callable[[argparse.Namespace], int], summary: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=EXIT_CODES if name in ("export", "rank") else _FORMS + EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def _add_source(parser: argparse.ArgumentParser, or_store: bool = True) -> None:
    parser.add_argument(
        "source", type=Path, metavar="SOURCE", nargs="?" if or_store else None, help="a label file or folder"
    )
    if or_store:
        parser.add_argument("--labels", action="store_true", help="take the labels in the store instead")
    parser.add_argument("--from", dest="form", choices=[*LabelForm], help="the form of SOURCE")
    parser.add_argument(
        "--images", type=Path, metavar="FOLDER", help="where a Label Studio project's pictures lie"
    )
    parser.add_argument(
        "--predictions", action="store_true", help="take Label Studio's predictions where nobody annotated"
    )


def _add_split(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--held-out",
        type=float,
        default=0.2,
        metavar="N",
        help="how many, or below 1 which share (default: 0.2)",
    )
    parser.add_argument("--seed", type=int, default=0, help="decides which documents (default: 0)")


def _add_out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=Path, required=True, metavar="OUT", help="a folder; for cases also a .jsonl file"
    )


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON; its keys are stable")


def _check(options: argparse.Namespace) -> int:
    """Print what is wrong with labels; that something is wrong is no failure."""
    with _labels(options) as (documents, readings):
        found = _checked(documents, readings, options)
    print(json.dumps(check_json(found), ensure_ascii=False, indent=2) if options.json else check_text(found))
    return 0


def _convert(options: argparse.Namespace) -> int:
    folder = options.out if options.out.suffix != ".jsonl" else options.out.parent
    with _labels(options, folder / PICTURES) as (documents, _):
        for path in write_labels(documents, LabelForm(options.to), options.out, tell):
            print(path)
    return 0


def _import(options: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    with (
        _labels(options, settings.home / "imported") as (documents, _),
        Workspace(settings) as workspace,
        progress_bar() as bar,
    ):
        task = bar.add_task("Importing", total=len(documents))
        count = 0
        for document in documents:
            count += keep_labels([document], workspace)
            bar.advance(task)
    if options.json:
        print(json.dumps({"documents": len(documents), "labels": count}))
    else:
        print(f"{count} labels of {len(documents)} documents are in the store.")
    return 0


def _export(options: argparse.Namespace) -> int:
    with Workspace() as workspace:
        for path in write_labels(_stored(workspace), LabelForm(options.to), options.out, tell):
            print(path)
    return 0


def _split(options: argparse.Namespace) -> int:
    with _labels(options, options.out / PICTURES) as (documents, readings):
        split = _checked(documents, readings, options).split
    for name, side in ((TRAIN_FILE, split.train), (HELD_OUT_FILE, split.held_out)):
        write_labels(side, LabelForm.CASES, options.out / name, tell)
        print(f"{options.out / name}: {len(side)} documents")
    return 0


def _rank(options: argparse.Namespace) -> int:
    if options.limit < 1:
        raise UsageError("--limit must be above zero.", "Give a positive number.")
    schema = load_schema(options.schema) if options.schema else None
    with Workspace() as workspace:
        store = workspace.store
        queue = label_queue(store, store.list_documents(), schema, options.limit)
    waiting = [entry for entry in queue if not entry.is_labelled]
    print(json.dumps(queue_json(waiting), ensure_ascii=False) if options.json else queue_text(waiting))
    return 0


@contextmanager
def _labels(
    options: argparse.Namespace, pictures: Path | None = None
) -> Iterator[tuple[tuple[LabelledDocument, ...], Readings]]:
    """The labels that the options name, with readings of their documents.

    Args:
        pictures: where pictures inside label files are put; by default they last as long as the block.
    """
    from_store = getattr(options, "labels", False)
    if from_store == (options.source is not None):
        raise UsageError(
            "There must be one source of labels.", "Give a label file, or --labels for the store."
        )
    with Readings.open() as readings, tempfile.TemporaryDirectory(prefix="docvlm-") as passing:
        if from_store:
            with Workspace() as workspace:
                documents = _stored(workspace)
        else:
            reading = ReadOptions(
                pictures or Path(passing), options.images, options.predictions, words_under(readings)
            )
            documents = read_labels(
                options.source, reading, tell, LabelForm(options.form) if options.form else None
            )
        yield documents, readings


def _stored(workspace: Workspace) -> tuple[LabelledDocument, ...]:
    documents = labelled_documents(workspace.store)
    if not documents:
        raise UsageError(
            "There are no labels in the store.",
            "Correct some fields in the app, or take some in with 'python -m finetune data import'.",
        )
    return documents


def _checked(
    documents: Sequence[LabelledDocument], readings: Readings, options: argparse.Namespace
) -> LabelCheck:
    schema = load_schema(options.schema) if getattr(options, "schema", None) else None
    with progress_bar() as bar:
        task = bar.add_task("Reading", total=len(documents))
        return check_labels(
            documents, readings, schema, options.held_out, options.seed, lambda _document: bar.advance(task)
        )
