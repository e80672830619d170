"""Answers, fields and lists as HTML. Whatever comes from a document, a model or a user is escaped.

An element with ``data-choice`` can be clicked; the page gets the text of that attribute.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

from docvlm.errors import DocvlmError
from docvlm.export import ExportedDocument, to_csv, to_json
from docvlm.models.protocol import EngineCard
from docvlm.store import DocumentRecord
from docvlm.types import Answer, CheckResult, Extraction, FieldValue, LineItems
from docvlm.ui.assets import SAMPLES

SURE, LIKELY = 0.8, 0.5


def notice_html(text: str, kind: str = "info") -> str:
    """One sentence; ``kind`` is info, busy or error."""
    if not text:
        return ""
    role = "alert" if kind == "error" else "status"
    return f'<p class="notice {kind}" role="{role}">{escape(text)}</p>'


def error_html(error: DocvlmError) -> str:
    remedy = f" <span>{escape(error.remedy)}</span>" if error.remedy else ""
    return f'<p class="notice error" role="alert">{escape(error.message)}{remedy}</p>'


def model_html(card: EngineCard | None, line: str, failure: DocvlmError | None) -> str:
    """Which model answers and what must be known about it, or how far loading is."""
    if failure is not None:
        return f'<div class="model failed"><i></i>{escape(str(failure))}</div>'
    if card is None:
        return f'<div class="model loading"><i></i>{escape(line)}</div>'
    note = f"<span>{escape(card.note)}</span>" if card.note else ""
    return f'<div class="model ready"><i></i><b>Model: {escape(card.name)}</b>{note}</div>'


# The lists on the left


def samples_html() -> str:
    """The sample documents, to be opened with a click."""
    entries = "".join(
        f'<button type="button" class="entry sample" data-choice="sample:{escape(sample.file_name)}">'
        f"<b>{escape(sample.title)}</b><span>{escape(sample.hint)}</span></button>"
        for sample in SAMPLES
    )
    return f'<h3>Samples</h3><div class="samples">{entries}</div>'


def documents_html(records: Sequence[DocumentRecord], open_id: int | None) -> str:
    """The saved documents; the open one is marked."""
    entries = "".join(_document(record, record.id == open_id) for record in records)
    if not records:
        entries = '<p class="quiet">What you open is kept here, on this computer.</p>'
    return f'<h3>Documents</h3><div class="documents">{entries}</div>'


def _document(record: DocumentRecord, is_open: bool) -> str:
    pages = "1 page" if record.page_count == 1 else f"{record.page_count} pages"
    current = ' aria-current="true"' if is_open else ""
    return (
        f'<button type="button" class="entry document" data-choice="document:{record.id}"{current}>'
        f'<b title="{escape(record.name)}">{escape(record.name)}</b>'
        f"<span>{pages} · {_day(record.added)}</span></button>"
    )


def _day(moment: datetime) -> str:
    local = moment.astimezone() if moment.tzinfo else moment
    return f"{local.day} {local:%b %Y}"


# Answers


def answers_html(answers: Sequence[Answer], chosen: int | None) -> str:
    """The answers on this document, latest first; ``chosen`` is the index of the one whose boxes are lit."""
    if not answers:
        return '<p class="quiet">Ask something about the document; the answer is shown on the page.</p>'
    cards = [_answer(answer, index, index == chosen) for index, answer in enumerate(answers)]
    return f'<div class="answers">{"".join(reversed(cards))}</div>'


def pending_answer_html(question: str, line: str, text: str) -> str:
    """A question that is being answered: what is going on, and the reply as far as it is there."""
    reply = f'<p class="reply">{escape(text)}<i class="caret"></i></p>' if text else ""
    return (
        f'<div class="answer pending" aria-live="polite"><p class="question">{escape(question)}</p>{reply}'
        f'<p class="facts"><i class="spinner"></i>{escape(line)}</p></div>'
    )


def _answer(answer: Answer, index: int, is_chosen: bool) -> str:
    if answer.text is None:
        reply = '<p class="reply none">Not found in the pages that were asked.</p>'
        page = ""
    else:
        reply = f'<p class="reply">{escape(answer.text)}</p>'
        page = f'<span class="chip">Page {answer.page}</span>'
    current = ' aria-current="true"' if is_chosen else ""
    return (
        f'<div class="answer" role="button" tabindex="0" data-choice="answer:{index}"{current}>'
        f'<p class="question">{escape(answer.question)}</p>{reply}'
        f'<p class="facts">{page}{_confidence(answer.confidence)}</p></div>'
    )


def _confidence(value: float) -> str:
    level = "sure" if value >= SURE else "likely" if value >= LIKELY else "unsure"
    word = {"sure": "sure", "likely": "check it", "unsure": "unsure"}[level]
    return (
        f'<span class="confidence {level}" title="Confidence {value:.2f}">'
        f"<i></i>{round(100 * value)} % <em>{word}</em></span>"
    )


# Fields


def extraction_html(extraction: Extraction, document: str, chosen: str | None) -> str:
    """Fields and rows as tables, the checks, the notes and the downloads.

    ``chosen`` is the path of the field whose boxes are lit, as in ``field_at``.
    """
    plain = [
        (str(index), field) for index, field in enumerate(extraction.fields) if isinstance(field, FieldValue)
    ]
    lists = [(index, field) for index, field in enumerate(extraction.fields) if isinstance(field, LineItems)]
    parts = [_fields_table(plain, chosen)] if plain else []
    parts += [_rows_table(index, items, chosen) for index, items in lists]
    parts.append(_checks(extraction.checks))
    parts += [notice_html(note) for note in extraction.notes]
    parts.append(_downloads(extraction, document, any(items.rows for _, items in lists)))
    return f'<div class="extraction">{"".join(parts)}</div>'


def field_at(extraction: Extraction, path: str) -> FieldValue | None:
    """The value at ``3`` (a field) or at ``3.0.2`` (list field, row, column), counting from 0."""
    try:
        numbers = [int(part) for part in path.split(".")]
        if min(numbers) < 0:
            return None
        field = extraction.fields[numbers[0]]
        if isinstance(field, LineItems):
            return field.rows[numbers[1]][numbers[2]]
        return field
    except (ValueError, IndexError):
        return None


def _fields_table(fields: Iterable[tuple[str, FieldValue]], chosen: str | None) -> str:
    rows = "".join(_field_row(path, field, path == chosen) for path, field in fields)
    return (
        '<div class="table"><table class="fields"><thead><tr><th>Field</th><th>Value</th><th>Printed</th>'
        f"<th>Confidence</th><th>Page</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _field_row(path: str, field: FieldValue, is_chosen: bool) -> str:
    name = escape(field.name.replace("_", " "))
    if field.raw is None:
        return (
            f'<tr class="none"><td>{name}</td><td colspan="2">not found</td>'
            f"<td>{_confidence(field.confidence)}</td><td></td></tr>"
        )
    current = ' aria-current="true"' if is_chosen else ""
    typed = " ".join(part for part in (field.value, field.currency) if part)
    flags = "".join(f'<em class="flag">{escape(flag.replace("-", " "))}</em>' for flag in field.flags)
    return (
        f'<tr tabindex="0" data-choice="field:{path}"{current}>'
        f"<td>{name}</td><td><b>{escape(typed or '?')}</b>{flags}</td>"
        f"<td>{escape(field.raw)}</td><td>{_confidence(field.confidence)}</td><td>{field.page}</td></tr>"
    )


def _rows_table(index: int, items: LineItems, chosen: str | None) -> str:
    title = f"<h4>{escape(items.name.replace('_', ' '))}</h4>"
    if not items.rows:
        return f'{title}<p class="quiet">No rows found.</p>'
    heads = "".join(f"<th>{escape(cell.name.replace('_', ' '))}</th>" for cell in items.rows[0])
    rows = ""
    for row, cells in enumerate(items.rows):
        line = (_cell(f"{index}.{row}.{column}", cell, chosen) for column, cell in enumerate(cells))
        rows += f"<tr>{''.join(line)}</tr>"
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    return f'{title}<div class="table">{table}</div>'


def _cell(path: str, cell: FieldValue, chosen: str | None) -> str:
    if cell.raw is None:
        return '<td class="none">–</td>'
    current = ' aria-current="true"' if path == chosen else ""
    hint = f"Printed: {cell.raw} · confidence {cell.confidence:.2f}"
    return (
        f'<td tabindex="0" data-choice="field:{path}" title="{escape(hint)}"{current}>'
        f"{escape(cell.value or cell.raw)}</td>"
    )


def _checks(checks: Sequence[CheckResult]) -> str:
    lines = "".join(
        f'<li class="{"passed" if check.passed else "failed"}">{escape(check.message)}</li>'
        for check in checks
    )
    return f'<ul class="checks">{lines}</ul>' if lines else ""


def _downloads(extraction: Extraction, document: str, has_rows: bool) -> str:
    exported = [ExportedDocument(document, extraction)]
    stem = f"{document.rsplit('.', 1)[0]}-{extraction.schema}"
    links = [_download("JSON", f"{stem}.json", "application/json", to_json(exported))]
    links.append(_download("CSV", f"{stem}.csv", "text/csv", to_csv(exported)))
    if has_rows:
        links.append(_download("CSV of rows", f"{stem}-rows.csv", "text/csv", to_csv(exported, items=True)))
    return f'<p class="downloads">{"".join(links)}</p>'


def _download(title: str, file_name: str, media_type: str, content: str) -> str:
    data = base64.b64encode(content.encode("utf-8")).decode("ascii")
    return (
        f'<a class="download" download="{escape(file_name)}" href="data:{media_type};base64,{data}">'
        '<svg viewBox="0 0 16 16" class="icon"><path d="M8 2v8m-3.5-3L8 10.5 11.5 7M3 13.5h10"/></svg>'
        f"{title}</a>"
    )
