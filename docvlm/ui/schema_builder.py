"""The table in which a schema is built: its HTML, and the schema that its rows describe."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import Any

from docvlm.errors import SchemaError
from docvlm.schemas import Check, FieldSpec, FieldType, Schema
from docvlm.schemas.sources import parse_field_list

LIST = "list"
MOST_FIELDS = 100
_LONGEST = 2000
_SEPARATORS = re.compile(r"[,;()\[\]\n]")
"""What separates columns in a cell; a hint that holds one is not shown there."""
_ROW_ACTIONS = (
    '<button type="button" class="plain" data-build="remove" aria-label="Remove this field" '
    'title="Remove">×</button>'
)


def builder_html(schema: Schema, own_name: str, error: str = "") -> str:
    """The table filled with a schema's fields.

    Args:
        own_name: the name under which it would be saved.
        error: what is wrong with what was sent last.
    """
    rows = "".join(
        _row(spec.name, LIST if spec.is_list else spec.type, _details(spec)) for spec in schema.fields
    )
    return (
        '<section class="builder grid" aria-label="Fields to look for"><table><thead><tr><th '
        'scope="col">Field</th>'
        '<th scope="col">Type</th><th scope="col">Hint, choices or columns</th><th></th></tr></thead>'
        f"<tbody>{rows}</tbody></table><template>{_row('', FieldType.TEXT, '')}</template>{error}"
        '<div class="builder-bar"><button type="button" class="secondary" data-build="add">Add field</button>'
        f'<input data-of="schema" value="{escape(own_name)}" aria-label="Name of the schema" maxlength="60">'
        '<button type="button" class="primary" data-build="save">Save and use</button>'
        '<button type="button" class="plain" data-build="delete" data-confirm="Delete for good">Delete'
        "</button>"
        '<button type="button" class="plain" data-build="close">Close</button></div>'
        '<details><summary>Import a JSON Schema</summary><textarea data-of="json" rows="4" '
        'aria-label="JSON Schema, or a list such as: seller, date:date, total:amount" '
        'placeholder=\'{"properties": {"seller": {"type": "string"}}} or: seller, date:date, '
        "total:amount'></textarea>"
        '<button type="button" class="secondary" data-build="import">Import</button></details></section>'
    )


def schema_of_rows(
    name: str, rows: Any, checks: Sequence[Check] = (), shown: Sequence[FieldSpec] = ()
) -> Schema:
    """The schema that the table's rows describe, with those of ``checks`` whose fields are still there.

    Args:
        shown: the fields that the table was filled with. What a cell has no room for (the hint of a list or
            of a field with choices, commas in a column's hint) is taken from them.

    Raises:
        SchemaError: when a row cannot be understood.
    """
    entries = [row for row in (rows if isinstance(rows, list) else []) if isinstance(row, dict)]
    if len(entries) > MOST_FIELDS:
        raise SchemaError(f"A schema of {len(entries)} fields is too large.", f"Use at most {MOST_FIELDS}.")
    fields = tuple(_spec(entry, shown) for entry in entries)
    try:
        return Schema(name, name, fields, tuple(checks))
    except SchemaError:
        if not checks:
            raise
        return Schema(name, name, fields)


def _row(name: str, kind: str, details: str) -> str:
    options = "".join(
        f"<option{' selected' if option == kind else ''}>{option}</option>" for option in (*FieldType, LIST)
    )
    return (
        f'<tr><td><input data-of="name" value="{escape(name)}" aria-label="Name of the field" '
        'maxlength="64"></td>'
        f'<td><select data-of="type" aria-label="Type">{options}</select></td>'
        f'<td><input data-of="hint" value="{escape(details)}" aria-label="Hint, choices or columns" '
        f'maxlength="{_LONGEST}"></td><td>{_ROW_ACTIONS}</td></tr>'
    )


def _details(spec: FieldSpec) -> str:
    if spec.is_list:
        return ", ".join(_column_text(column) for column in spec.columns)
    return " | ".join(spec.choices) if spec.choices else spec.hint


def _column_text(column: FieldSpec) -> str:
    choices = f"({'|'.join(column.choices)})" if column.choices else ""
    hint = f" - {column.hint}" if column.hint and not _SEPARATORS.search(column.hint) else ""
    return f"{column.name}:{column.type}{choices}{hint}"


def _spec(row: dict[str, Any], shown: Sequence[FieldSpec]) -> FieldSpec:
    name, kind, details = (_cell(row.get(key, "")) for key in ("name", "type", "hint"))
    if kind not in (*FieldType, LIST):
        raise SchemaError(f"The field '{name}' has no known type.", "Choose one from the list.")
    before = _shown_as(name, kind, details, shown)
    if before is not None and details == _cell(_details(before)):
        return replace(before, name=name)  # not touched, so that nothing is lost by reading it again
    hint = before.hint if before is not None else ""
    if kind == LIST:
        columns = parse_field_list(details or "description").fields
        return FieldSpec(name, hint=hint, columns=_with_hints(columns, before))
    if kind == FieldType.ENUM:
        choices = tuple(choice.strip() for choice in details.split("|") if choice.strip())
        return FieldSpec(name, FieldType.ENUM, hint, choices)
    return FieldSpec(name, FieldType(kind), details)


def _shown_as(name: str, kind: str, details: str, shown: Sequence[FieldSpec]) -> FieldSpec | None:
    """The field that a row was filled with: that of its name, or of its content where it was renamed."""
    alike = [spec for spec in shown if kind == (LIST if spec.is_list else spec.type)]
    named = [spec for spec in alike if spec.name == name]
    renamed = [spec for spec in alike if details and _cell(_details(spec)) == details]
    return next(iter([*named, *renamed]), None)


def _with_hints(columns: Sequence[FieldSpec], before: FieldSpec | None) -> tuple[FieldSpec, ...]:
    """Columns with those hints that could not be shown in the cell."""
    unseen = {
        column.name: column.hint
        for column in (before.columns if before is not None else ())
        if _SEPARATORS.search(column.hint)
    }
    return tuple(
        column if column.hint else replace(column, hint=unseen.get(column.name, "")) for column in columns
    )


def _cell(value: Any) -> str:
    """The text of a cell as the browser sends it: on one line."""
    return " ".join(str(value)[:_LONGEST].split())
