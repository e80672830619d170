"""The table in which a schema is built: its HTML, and the schema that its rows describe."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from docvlm.errors import SchemaError
from docvlm.schemas import Check, FieldSpec, FieldType, Schema
from docvlm.schemas.sources import parse_field_list

LIST = "list"
MOST_FIELDS = 100
_LONGEST = 300
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
        '<button type="button" class="plain" data-build="delete">Delete</button>'
        '<button type="button" class="plain" data-build="close">Close</button></div>'
        '<details><summary>Import a JSON Schema</summary><textarea data-of="json" rows="4" '
        'aria-label="JSON Schema, or a list such as: seller, date:date, total:amount" '
        'placeholder=\'{"properties": {"seller": {"type": "string"}}} or: seller, date:date, '
        "total:amount'></textarea>"
        '<button type="button" class="secondary" data-build="import">Import</button></details></section>'
    )


def schema_of_rows(name: str, rows: Any, checks: Sequence[Check] = ()) -> Schema:
    """The schema that the table's rows describe, with those of ``checks`` whose fields are still there.

    Raises:
        SchemaError: when a row cannot be understood.
    """
    entries = [row for row in (rows if isinstance(rows, list) else []) if isinstance(row, dict)]
    if len(entries) > MOST_FIELDS:
        raise SchemaError(f"A schema of {len(entries)} fields is too large.", f"Use at most {MOST_FIELDS}.")
    fields = tuple(_spec(entry) for entry in entries)
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
        return ", ".join(f"{column.name}:{column.type}" for column in spec.columns if not column.choices)
    return " | ".join(spec.choices) if spec.choices else spec.hint


def _spec(row: dict[str, Any]) -> FieldSpec:
    name, kind, details = (str(row.get(key, ""))[:_LONGEST] for key in ("name", "type", "hint"))
    if kind == LIST:
        return FieldSpec(name, columns=parse_field_list(details or "description").fields)
    if kind not in tuple(FieldType):
        raise SchemaError(f"The field '{name}' has no known type.", "Choose one from the list.")
    if kind == FieldType.ENUM:
        choices = tuple(choice.strip() for choice in details.split("|") if choice.strip())
        return FieldSpec(name, FieldType.ENUM, choices=choices)
    return FieldSpec(name, FieldType(kind), details)
