"""The values of an extraction as a sheet that is read, corrected and accepted by keyboard (``sheet.js``).

Each value is an element with its name, its place on the page and how sure it is. Everything is escaped.
"""

from __future__ import annotations

import secrets
from html import escape

from docvlm.pipeline import CheckedExtraction, cell_name
from docvlm.schemas import FieldSpec, FieldType
from docvlm.types import CheckResult, FieldValue, LineItems
from docvlm.ui.answers import boxes_json
from docvlm.ui.notices import level_of, notice_html

ABSENT_BUTTON = (
    '<button type="button" class="absent" data-absent tabindex="-1" title="Not on this document (Delete)" '
    'aria-label="Not on this document">∅</button>'
)

EVIDENCE_CROP = '<div class="evidence-crop"></div>'
"""Where the print behind the value in focus is shown (``evidence_crop.js``); the last of a sheet."""


def sheet_html(checked: CheckedExtraction, document_id: int, waits: str = "", ids: str = "field") -> str:
    """Fields one below the other, list fields as tables, and the checks.

    Args:
        waits: empty once the model has looked; ``now`` where the sheet is to ask it to, ``later`` where
            something else comes first, ``failed`` where it failed to. Meanwhile no empty value is kept.
        ids: what the ids of its input fields begin with; no two sheets of a page share it.
    """
    wrong = _names_in_failed_checks(checked.extraction.checks)
    parts = []
    for spec, found in zip(checked.schema.fields, checked.extraction.fields, strict=True):
        if isinstance(found, LineItems):
            parts.append(_rows(spec, found, checked, wrong))
        else:
            parts.append(_field(ids, spec, found, found.name in checked.confirmed, found.name in wrong))
    notes = "".join(notice_html(note) for note in checked.extraction.notes)
    return (
        f'<div class="sheet" data-document="{document_id}" data-schema="{escape(checked.schema.key)}"'
        f"{f' data-waits={waits}' if waits else ''}>"
        f"{_checks(checked.extraction.checks)}{''.join(parts)}{notes}{EVIDENCE_CROP}</div>"
    )


def refused_html(sheet: str) -> str:
    """The same sheet, telling the browser that what it sent was not kept, so that it is typed text again."""
    return sheet.replace('<div class="sheet"', f'<div class="sheet" data-refused="{secrets.token_hex(4)}"', 1)


def _field(ids: str, spec: FieldSpec, value: FieldValue, is_confirmed: bool, is_wrong: bool) -> str:
    name = escape(value.name)
    title = escape(spec.name.replace("_", " "))
    hint = escape(spec.hint or str(spec.type))
    return (
        f'<div class="field {_state(value, is_confirmed)}{" wrong" if is_wrong else ""}" data-name="{name}" '
        f'{_mark(value.name, value)}><label for="{ids}-{name}" title="{hint}">{title}</label>'
        f'<input id="{ids}-{name}" class="field-input" value="{escape(value.raw or "")}" '
        'placeholder="not found" '
        f'autocomplete="off" spellcheck="false">{ABSENT_BUTTON}{_typed(spec, value)}'
        f"{_sureness(value, is_confirmed)}</div>"
    )


def _rows(spec: FieldSpec, items: LineItems, checked: CheckedExtraction, wrong: frozenset[str]) -> str:
    """A list as a table with a button for one more row; rows that a person removed are only counted."""
    title = escape(spec.name.replace("_", " "))
    removed = checked.removed_rows(items)
    rows = "".join(
        _row(spec, number, row, checked.confirmed, wrong)
        for number, row in enumerate(items.rows, start=1)
        if number not in removed
    )
    next_cell = cell_name(spec.name, len(items.rows) + 1, spec.columns[0].name)
    foot = _rows_foot(spec, title, next_cell, removed, checked.found_rows.get(spec.name, 0) + 1)
    if not rows:
        return f'<h4>{title}</h4><p class="quiet">No rows{"" if removed else " found"}.</p>{foot}'
    heads = "".join(
        f'<th scope="col">{escape(column.name.replace("_", " "))}</th>' for column in spec.columns
    )
    count = len(items.rows) - len(removed)
    return (
        f'<h4>{title} <span class="quiet">{count} row{"" if count == 1 else "s"}</span></h4>'
        f'<div class="rows"><table><thead><tr>{heads}<td class="row-end"></td></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{foot}"
    )


def _row(
    spec: FieldSpec,
    number: int,
    row: tuple[FieldValue, ...],
    confirmed: frozenset[str],
    wrong: frozenset[str],
) -> str:
    cells = ""
    for column, cell in zip(spec.columns, row, strict=True):
        path = cell_name(spec.name, number, column.name)
        flag = " wrong" if path in wrong else ""
        said = _said(column, cell, path in confirmed)
        title = escape(f"{column.name}, row {number}: {said}")
        cells += (
            f'<td class="cell {column.type} {_state(cell, path in confirmed)}{flag}" '
            f'data-name="{escape(path)}" data-said="{escape(said)}" '
            f'{_mark(path, cell)}><input class="field-input" value="{escape(cell.raw or "")}" '
            'placeholder="–" '
            f'aria-label="{title}" title="{title}" autocomplete="off" '
            'spellcheck="false"></td>'
        )
    remove = (
        f'<button type="button" class="plain" data-rows="remove" data-items="{escape(spec.name)}" '
        f'data-row="{number}" aria-label="Remove row {number}" title="Remove row {number}">×</button>'
    )
    return f'<tr>{cells}<td class="row-end">{remove}</td></tr>'


def _rows_foot(spec: FieldSpec, title: str, next_cell: str, removed: frozenset[int], first_own: int) -> str:
    """What stands below a list; ``first_own`` is the number of the first row that a person added or will."""
    items = f'data-items="{escape(spec.name)}"'
    back = (
        f'<span class="quiet">{len(removed)} removed</span><button type="button" class="plain" '
        f'data-rows="bring back" {items} aria-label="Bring back the removed rows of {title}">'
        "Bring back</button>"
    )
    return (
        f'<div class="rows-foot" data-list="{escape(spec.name)}" data-own-from="{first_own}">'
        f'<button type="button" class="plain" data-rows="add" {items} '
        f'data-cell="{escape(next_cell)}" aria-label="Add row to {title}">Add row</button>'
        f"{back if removed else ''}</div>"
    )


def _state(value: FieldValue, is_confirmed: bool) -> str:
    if is_confirmed:
        return "confirmed"
    return "missing" if value.raw is None else level_of(value.confidence)


def _mark(name: str, value: FieldValue) -> str:
    mark = f'data-mark="field:{escape(name)}" data-level="{level_of(value.confidence)}"'
    boxes = value.boxes or ((value.box,) if value.box is not None else ())
    if value.page is None or not boxes:
        return mark
    return f'{mark} data-page="{value.page}" data-boxes="{escape(boxes_json(boxes))}"'


def _typed(spec: FieldSpec, value: FieldValue) -> str:
    """The typed form where it says more than the print, and what a person should know about it."""
    typed = " ".join(part for part in (value.value, value.currency) if part)
    shown = typed if spec.type is not FieldType.TEXT and typed != value.raw else ""
    flags = ", ".join(flag.replace("-", " ") for flag in value.flags)
    flag = f'<em class="flag">{escape(flags)}</em>' if flags else ""
    return f'<span class="typed">{escape(shown)}{flag}</span>'


def _said(column: FieldSpec, cell: FieldValue, is_confirmed: bool) -> str:
    """What a cell has no room for or tells by its colour: its typed form, and how sure it is."""
    parts = []
    if cell.raw is None:
        parts.append("not on this document" if is_confirmed else "not found")
    elif column.type is not FieldType.TEXT:
        typed = " ".join(part for part in (cell.value, cell.currency) if part)
        parts.append(f"typed {typed}" if typed else "no typed value")
    if is_confirmed:
        parts.append("checked")
    elif cell.raw is not None or cell.confidence > 0:
        parts.append(f"{round(100 * cell.confidence)} % sure")
    return ", ".join(parts)


def _sureness(value: FieldValue, is_confirmed: bool) -> str:
    if is_confirmed:
        return '<span class="sureness"><b>checked</b></span>'
    if value.raw is None and value.confidence == 0.0:
        return '<span class="sureness"></span>'
    level = level_of(value.confidence)
    return (
        f'<span class="sureness {level}" title="Confidence {value.confidence:.2f}">'
        f"<i></i>{round(100 * value.confidence)} %</span>"
    )


def _checks(checks: tuple[CheckResult, ...]) -> str:
    lines = "".join(
        f'<li class="{"passed" if check.passed else "failed"}">{escape(check.message)}</li>'
        for check in sorted(checks, key=lambda check: check.passed)
    )
    return f'<ul class="checks">{lines}</ul>'


def _names_in_failed_checks(checks: tuple[CheckResult, ...]) -> frozenset[str]:
    return frozenset(name for check in checks if not check.passed for name in check.fields)
