"""Answers, fields and readings as files: JSON, CSV, Excel, markdown, searchable PDF."""

from docvlm.export.csv_form import to_csv
from docvlm.export.documents import ExportedDocument, ExportedOutcome
from docvlm.export.files import FORMS, document_bytes, write_documents
from docvlm.export.json_form import answer_json, extraction_json, to_json
from docvlm.export.markdown_form import to_markdown
from docvlm.export.pdf import searchable_pdf

__all__ = [
    "FORMS",
    "ExportedDocument",
    "ExportedOutcome",
    "answer_json",
    "document_bytes",
    "extraction_json",
    "searchable_pdf",
    "to_csv",
    "to_json",
    "to_markdown",
    "write_documents",
]
