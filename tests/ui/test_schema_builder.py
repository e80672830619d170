from __future__ import annotations

from html.parser import HTMLParser

import pytest

from docvlm.errors import SchemaError
from docvlm.schemas import FieldSpec, FieldType, Schema, load_schema, template_names
from docvlm.ui.schema_builder import builder_html, schema_of_rows


def test_rows_become_fields_lists_and_choices() -> None:
    rows = [
        {"name": "seller", "type": "text", "hint": "who sells"},
        {"name": "status", "type": "enum", "hint": "open | paid"},
        {"name": "items", "type": "list", "hint": "description, price:amount"},
    ]
    schema = schema_of_rows("my bills", rows)
    assert schema.field("seller").hint == "who sells"
    assert schema.field("status").choices == ("open", "paid")
    assert [column.type for column in schema.field("items").columns] == [FieldType.TEXT, FieldType.AMOUNT]


@pytest.mark.parametrize(
    "rows",
    [[], None, [{"name": "x", "type": "evil"}], [{"name": "<b>", "type": "text"}], [{"name": "a"}] * 101],
)
def test_what_is_no_schema_is_refused_in_a_sentence(rows: object) -> None:
    with pytest.raises(SchemaError):
        schema_of_rows("mine", rows)


def test_checks_stay_as_long_as_their_fields_do() -> None:
    receipt = load_schema("receipt")
    kept = [
        {"name": "subtotal", "type": "amount"},
        {"name": "tax", "type": "amount"},
        {"name": "total", "type": "amount"},
    ]
    sums = [check for check in receipt.checks if check.parts == ("subtotal", "tax")]
    without_tip = [type(sums[0])(sums[0].kind, sums[0].parts, sums[0].results)]
    assert len(schema_of_rows("mine", kept, without_tip).checks) == 1
    assert schema_of_rows("mine", kept[:1], without_tip).checks == ()


def test_the_table_shows_every_field_once() -> None:
    text = builder_html(load_schema("receipt"), 'mine" onclick="x')
    assert text.count('data-of="name"') == len(load_schema("receipt").fields) + 1  # and the row to copy
    assert '" onclick="' not in text


class _Rows(HTMLParser):
    """The rows of the table as the browser sends them."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, str]] = []
        self._is_wanted, self._is_selected = True, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        self._is_wanted = self._is_wanted and tag != "template"
        self._is_selected = tag == "option" and "selected" in values
        kind = values.get("data-of")
        if self._is_wanted and kind == "name":
            self.rows.append({"name": values["value"]})
        elif self._is_wanted and kind == "hint":
            self.rows[-1]["hint"] = values["value"]

    def handle_data(self, data: str) -> None:
        if self._is_wanted and self._is_selected:
            self.rows[-1]["type"] = data
            self._is_selected = False


def _rows(schema: Schema) -> list[dict[str, str]]:
    parser = _Rows()
    parser.feed(builder_html(schema, "mine"))
    return parser.rows


CLASS = FieldSpec("class", FieldType.ENUM, "tax class", ("reduced rate", "full"))
FULL = Schema(
    "full",
    "full",
    (
        FieldSpec("state", FieldType.ENUM, "stamped on it, in red", ("open", "paid")),
        FieldSpec(
            "items",
            hint="what was bought",
            columns=(
                FieldSpec("what", hint="as printed (not the code), one line"),
                CLASS,
                FieldSpec("price", FieldType.AMOUNT, "with tax"),
            ),
        ),
    ),
)


@pytest.mark.parametrize("schema", [*map(load_schema, template_names()), FULL], ids=lambda each: each.name)
def test_what_is_loaded_and_saved_again_is_the_same(schema: Schema) -> None:
    again = schema_of_rows(schema.name, _rows(schema), schema.checks, schema.fields)
    assert again.fields == schema.fields and again.checks == schema.checks


def test_a_column_more_leaves_the_others_as_they_were() -> None:
    rows = _rows(FULL)
    rows[1]["hint"] += ", count:integer"
    items = schema_of_rows("full", rows, shown=FULL.fields).field("items")
    assert items.columns == (*FULL.field("items").columns, FieldSpec("count", FieldType.INTEGER))
    assert items.hint == "what was bought"


def test_a_hint_and_choices_of_a_column_can_be_typed_and_taken_out() -> None:
    rows = _rows(FULL)
    assert "class:enum(reduced rate|full) - tax class" in rows[1]["hint"]
    rows[1]["hint"] = rows[1]["hint"].replace("(reduced rate|full) - tax class", "(none|full)")
    found = schema_of_rows("full", rows, shown=FULL.fields).field("items").columns[1]
    assert found == FieldSpec("class", FieldType.ENUM, choices=("none", "full"))
