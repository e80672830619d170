"""What each command does: open, call the workspace, print."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docvlm.atomic import write_atomically
from docvlm.batch.report import count_of
from docvlm.cli import output
from docvlm.cli.choices import chosen_password, chosen_settings
from docvlm.errors import DocvlmError, InputError, UsageError
from docvlm.ingest import damage_in
from docvlm.pipeline import AnswerPiece, OpenDocument, PageReading, WindowDone, Workspace
from docvlm.terminal import progress_bar, report, tell
from docvlm.tiling import TilePlan
from docvlm.types import Answer, Extraction, PageStatus

if TYPE_CHECKING:
    from docvlm.export import ExportedDocument


def read(options: argparse.Namespace) -> int:
    """Read every file; print text, or JSON, or write one of the other forms."""
    if options.out and len(options.file) > 1:
        raise UsageError("Several files cannot be written to one.", "Give one file with --out.")
    if options.format == "pdf" and not options.json and not options.out:
        raise UsageError("A searchable PDF cannot be printed.", "Name a file with --out.")
    with _workspace(options) as workspace:

        def one(document: OpenDocument) -> None:
            if options.out:
                _refuse_to_overwrite(options.file[0], Path(options.out))
            pages = _with_progress(document, options)
            if options.json:
                _emit(_json_line(output.reading_json(document.info, pages), options), options.out)
            elif options.format == "pdf":
                _write_searchable_pdf(document, pages, options.out)
            else:
                _emit(output.reading_text(pages, options.format), options.out)
            if pages and all(page.reading is None for page in pages):
                raise InputError(
                    f"No page of '{document.info.name}' could be read.", pages[0].page.reason or ""
                )

        return _each_file(workspace, options, one)


def tiles(options: argparse.Namespace) -> int:
    """Print each page's tile plan and its cost; draw it where a file is named."""
    with _workspace(options) as workspace, _open(workspace, options.file, options) as document:
        numbers = document.page_numbers(options.pages)
        plans: list[tuple[int, TilePlan]] = []
        for number in numbers:
            page, plan = document.tile_plan(number)
            if options.out:
                path = _numbered(Path(options.out), number, len(numbers))
                _refuse_to_overwrite(options.file, path)
                output.draw_tiles(page, plan, path)
            plans.append((number, plan))
        cost = workspace.cost().probe
        if options.json:
            print(_json_line(output.tiles_json(plans, cost), options))
        else:
            print(output.tiles_text(plans, cost))
        _say_note(workspace)
    return 0


def ask(options: argparse.Namespace) -> int:
    """Print the answer with its page and boxes."""
    if not options.question.strip():
        raise UsageError("The question is empty.", "Say what to ask.")
    with _workspace(options) as workspace, _open(workspace, options.file, options) as document:
        _say_note(workspace)
        _with_progress(document, options)
        answer: Answer | None = None
        with progress_bar() as bar:
            task = bar.add_task("Thinking", total=None)
            for event in document.ask_stream(options.question, options.pages, fresh=options.fresh):
                if isinstance(event, AnswerPiece):
                    bar.update(task, description=f"Reading page {event.page}")
                else:
                    answer = event
        assert answer is not None  # noqa: S101 - the stream always ends in an answer
        print(_json_line(output.answer_json(answer), options) if options.json else output.answer_text(answer))
    return 0


def extract(options: argparse.Namespace) -> int:
    """Print the fields of every file."""
    from docvlm.schemas import load_schema

    schema = load_schema(options.schema)
    with _workspace(options) as workspace:
        _say_note(workspace)

        def one(document: OpenDocument) -> None:
            _with_progress(document, options)
            extraction: Extraction | None = None
            with progress_bar() as bar:
                task = bar.add_task(f"Extracting {document.info.name}", total=None)
                for event in document.extract_stream(schema, options.pages, fresh=options.fresh):
                    if isinstance(event, WindowDone):
                        bar.update(task, completed=event.done, total=event.total)
                    else:
                        extraction = event
            assert extraction is not None  # noqa: S101 - the stream always ends in an extraction
            if options.json:
                print(_json_line(output.extraction_json(document.info, extraction), options), flush=True)
            else:
                print(output.extraction_text(document.info, extraction), flush=True)

        return _each_file(workspace, options, one)


def search(options: argparse.Namespace) -> int:
    """Print the pages and answers that hold the words."""
    if options.limit < 1:
        raise UsageError("--limit must be above zero.", "Give a positive number.")
    with _workspace(options) as workspace:
        hits = workspace.store.search(options.query, options.limit)
        print(
            json.dumps(output.hits_json(hits), ensure_ascii=False) if options.json else output.hits_text(hits)
        )
    return 0


def export(options: argparse.Namespace) -> int:
    """Write what was extracted so far, as corrected since, to CSV, Excel or JSON, by the file's ending."""
    from docvlm.export import write_documents

    with _workspace(options) as workspace:
        documents, uncorrected = _kept_values(workspace, options.schema)
        if options.schema is not None and not documents:
            known = sorted({record.extraction.schema for record in workspace.store.extractions()})
            raise UsageError(
                f"Nothing was extracted with a schema '{options.schema}'.",
                f"Known are: {', '.join(known)}." if known else "Extract first.",
            )
        written = write_documents(documents, Path(options.out))
    if uncorrected:
        tell(
            f"{count_of(uncorrected, 'extraction')} with labels written as found: the schema is no template "
            "and was not saved in the app, so labels cannot be laid over."
        )
    files = [str(path) for path in written]
    if options.json:
        print(json.dumps({"documents": len(documents), "files": files}, ensure_ascii=False))
    else:
        print(f"Wrote {len(documents)} extractions to {', '.join(files)}.")
    return 0


def _kept_values(workspace: Workspace, schema_name: str | None) -> tuple[list[ExportedDocument], int]:
    """The latest extractions as corrected since, and how many have labels that cannot be laid over them."""
    from docvlm.export import ExportedDocument
    from docvlm.pipeline import with_labels
    from docvlm.schemas import schemas_by_key
    from docvlm.store import LabelKind

    store, known = workspace.store, schemas_by_key(workspace.settings.home / "schemas")
    documents, uncorrected = [], 0
    for record in store.extractions(latest_only=True):
        if schema_name not in (None, record.extraction.schema):
            continue
        schema, values = known.get(record.schema_key), record.extraction
        if schema is not None:
            values = with_labels(store, record, schema)
        elif store.labels(record.document_id, LabelKind.FIELD):
            uncorrected += 1
        documents.append(ExportedDocument(record.document_name, values, sha256=record.sha256))
    return documents, uncorrected


def setup(options: argparse.Namespace) -> int:
    """Fetch and check everything that is needed once, so that later runs need no network."""
    from docvlm.reading import default_reader

    def step(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    with _workspace(options, step) as workspace:
        workspace.store  # noqa: B018 - opening it creates and migrates the database
        card = workspace.engine.card
        default_reader()
        step("Measuring how fast the model runs here.")
        workspace.cost()
        home = str(workspace.settings.home)
    if options.json:
        print(json.dumps({"home": home, "model": card.name, "revision": card.revision, "note": card.note}))
    else:
        print(f"Ready. Model {card.name} ({card.revision}); everything is kept in {home}.")
        print(card.note)
    return 0


def _workspace(options: argparse.Namespace, step: Callable[[str], None] = report) -> Workspace:
    return Workspace(chosen_settings(options), step)


def _open(workspace: Workspace, file: str, options: argparse.Namespace) -> OpenDocument:
    return workspace.open(file, password=chosen_password(options))


def _each_file(
    workspace: Workspace, options: argparse.Namespace, work: Callable[[OpenDocument], None]
) -> int:
    """Do ``work`` for each file; a file that fails is named and the others go on."""
    exit_code = 0
    for file in options.file:
        try:
            with _open(workspace, file, options) as document:
                work(document)
        except DocvlmError as error:
            tell(str(error))
            exit_code = exit_code or error.exit_code
    return exit_code


def _with_progress(document: OpenDocument, options: argparse.Namespace) -> list[PageReading]:
    """Read the pages with a bar; pages that failed are named on standard error."""
    pages: list[PageReading] = []
    with progress_bar() as bar:
        task = bar.add_task(f"Reading {document.info.name}", total=len(document.page_numbers(options.pages)))
        for page in document.read(options.pages):
            pages.append(page)
            bar.advance(task)
    for page in pages:
        if page.page.status is not PageStatus.OK:
            tell(f"page {page.page.number}: {page.page.reason}")
        elif damage := damage_in(page.page.notes):
            tell(f"page {page.page.number}: {damage}")
    return pages


def _say_note(workspace: Workspace) -> None:
    note = workspace.engine.card.note
    if note:
        tell(note)


def _json_line(value: Any, options: argparse.Namespace) -> str:
    """Indented for one file, one object a line for several."""
    several = isinstance(options.file, list) and len(options.file) > 1
    return json.dumps(value, ensure_ascii=False, indent=None if several else 2)


def _emit(content: str, out: str | None) -> None:
    if out is None:
        print(content, flush=True)
        return
    write_atomically(Path(out), f"{content}\n".encode())


def _refuse_to_overwrite(file: str, out: Path) -> None:
    if out.exists() and out.samefile(file):
        raise UsageError("The file itself would be overwritten.", "Give another name with --out.")


def _write_searchable_pdf(document: OpenDocument, pages: Iterable[PageReading], out: str) -> None:
    from docvlm.export import searchable_pdf

    searchable_pdf(((document.page(page.page.number), page.reading) for page in pages), Path(out))


def _numbered(path: Path, number: int, count: int) -> Path:
    return path if count == 1 else path.with_stem(f"{path.stem}-{number}")
