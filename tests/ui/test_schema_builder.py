from __future__ import annotations

import pytest

from docvlm.errors import SchemaError
from docvlm.schemas import FieldType, load_schema
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
