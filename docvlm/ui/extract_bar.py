"""What stands around the sheet in the tab Extract, as HTML: what to look for, files, several documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from docvlm.pipeline import CheckedExtraction
from docvlm.schemas import Schema, template_names
from docvlm.types import FieldValue, LineItems
from docvlm.ui.notices import level_of

_FORMS = (("csv", "CSV"), ("rows", "CSV of rows"), ("json", "JSON"), ("xlsx", "Excel"))


def schema_options(schemas: Mapping[str, Schema], chosen: Schema) -> str:
    """The schemas to choose from: templates, then the owner's own."""
    groups = {
        "Templates": template_names(),
        "Yours": [name for name in schemas if name not in template_names()],
    }
    html = ""
    for title, names in groups.items():
        options = "".join(
            f'<option value="{escape(name)}"{" selected" if name == chosen.name else ""}>'
            f"{escape(schemas[name].title)}</option>"
            for name in names
        )
        html += f'<optgroup label="{title}">{options}</optgroup>' if options else ""
    return html


def bar_html(
    schemas: Mapping[str, Schema], chosen: Schema, page_count: int, selected: int, busy: bool
) -> str:
    """What to look for and where, and the button that starts or stops it."""
    scopes = [("document", "Whole document")]
    scopes += [("page", "This page")] if page_count > 1 else []
    scopes += [("selected", f"{selected} selected")] if selected else []
    options = "".join(f'<option value="{value}">{title}</option>' for value, title in scopes)
    button = (
        '<button type="button" class="stop" data-choice="stop:">Stop</button>'
        if busy
        else '<button type="submit" class="primary" id="extract">Extract</button>'
    )
    return (
        '<form class="bar" data-form="extract" aria-label="Extract">'
        f'<select name="schema" data-choice-prefix="schema:" aria-label="What to look for">'
        f"{schema_options(schemas, chosen)}</select>"
        '<button type="button" class="secondary" data-choice="build:">Edit fields</button>'
        '<select name="scope" aria-label="Where to '
        f'look"{" hidden" if len(scopes) == 1 else ""}>{options}</select>'
        f"{button}</form>"
    )


def export_html(selected: int) -> str:
    """The files that the values can be saved as: of the open document, and of the selected ones."""
    html = _buttons("open", "Save as")
    return html + (_buttons("selected", f"{selected} selected as") if selected else "")


def results_html(schema: Schema, done: Sequence[tuple[int, str, CheckedExtraction]]) -> str:
    """One row of values for each document; a click opens it."""
    names = [spec.name for spec in schema.fields if not spec.is_list]
    heads = "".join(f'<th scope="col">{escape(name.replace("_", " "))}</th>' for name in names)
    rows = ""
    for number, title, checked in done:
        values = {found.name: found for found in checked.extraction.fields if isinstance(found, FieldValue)}
        items = sum(len(found.rows) for found in checked.extraction.fields if isinstance(found, LineItems))
        cells = "".join(_cell(values.get(name)) for name in names)
        rows += (
            f'<tr><th scope="row"><button type="button" class="plain" data-choice="document:{number}">'
            f"{escape(title)}</button></th>{cells}<td>{items}</td></tr>"
        )
    return (
        f'<div class="rows results"><table><thead><tr><th scope="col">Document</th>{heads}<th '
        'scope="col">Rows</th>'
        f"</tr></thead><tbody>{rows}</tbody></table></div>{_buttons('selected', 'Save as')}"
    )


def _cell(value: FieldValue | None) -> str:
    if value is None or value.raw is None:
        return '<td class="missing">–</td>'
    level = level_of(value.confidence)
    return (
        f'<td class="{level}" title="Confidence '
        f'{value.confidence:.2f}">{escape(value.value or value.raw)}</td>'
    )


def _buttons(which: str, title: str) -> str:
    buttons = "".join(
        f'<button type="button" class="secondary" data-choice="export:{which}:{form}">{name}</button>'
        for form, name in _FORMS
    )
    return (
        f'<div class="export" role="group" aria-label="{title}"><span '
        f'class="quiet">{title}</span>{buttons}</div>'
    )
