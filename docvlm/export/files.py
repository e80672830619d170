"""Write what was extracted to a file of the form that its ending names."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from docvlm.atomic import write_atomically
from docvlm.errors import UsageError
from docvlm.export.csv_form import answers_csv, to_csv
from docvlm.export.documents import ExportedDocument, items_table
from docvlm.export.json_form import to_json
from docvlm.export.markdown_form import to_markdown

FORMS = (".csv", ".json", ".md", ".xlsx")


def write_documents(documents: Sequence[ExportedDocument], out: Path, items: bool = False) -> list[Path]:
    """Write ``out`` as CSV, JSON, markdown or Excel and return the files written.

    A CSV file holds one row a document; list fields go to a second file beside it, ``NAME-items.csv``,
    or, with ``items``, are all that is written. Where there are answers only, it holds one row an answer.

    Raises:
        UsageError: when the ending is none of these or the file cannot be written.
    """
    ending = out.suffix.lower()
    if ending == ".xlsx":
        from docvlm.export.excel import write_excel  # here, because openpyxl is slow to load

        write_excel(documents, out)
    elif ending == ".json":
        _write_text(out, to_json(documents))
    elif ending == ".md":
        _write_text(out, to_markdown(documents))
    elif ending == ".csv":
        return _write_csv(documents, out, items)
    else:
        raise UsageError(f"The ending of {out.name} names no known form.", f"Use one of {', '.join(FORMS)}.")
    return [out]


def _write_csv(documents: Sequence[ExportedDocument], out: Path, items: bool) -> list[Path]:
    if not items and not any(_has_fields(document) for document in documents):
        _write_text(out, answers_csv(documents))
        return [out]
    _write_text(out, to_csv(documents, items))
    items_file = out.with_name(f"{out.stem}-items{out.suffix}")
    # One of an earlier run must not stay beside results that it does not belong to.
    if items or not (items_table(documents).rows or items_file.exists()):
        return [out]
    _write_text(items_file, to_csv(documents, items=True))
    return [out, items_file]


def _has_fields(document: ExportedDocument) -> bool:
    """Whether it has fields, or would have them had it not failed."""
    if document.extraction is not None:
        return True
    return document.outcome is not None and document.outcome.question is None


def document_bytes(documents: Sequence[ExportedDocument], ending: str, items: bool = False) -> bytes:
    """What ``write_documents`` writes, without a file left behind.

    Args:
        ending: one of ``FORMS``.
        items: the rows of list fields instead of the fields (CSV only).

    Raises:
        UsageError: when the ending is none of these.
    """
    with tempfile.TemporaryDirectory() as folder:
        return write_documents(documents, Path(folder) / f"export{ending}", items)[0].read_bytes()


def _write_text(out: Path, text: str) -> None:
    write_atomically(out, text.encode("utf-8", errors="replace"))
