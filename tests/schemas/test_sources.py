"""Schemas from templates, JSON Schema, pydantic models and plain lists."""

import json
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from docvlm.errors import SchemaError
from docvlm.schemas import (
    FieldSpec,
    FieldType,
    Schema,
    dump_schema,
    load_schema,
    schema_in_text,
    template_names,
)


def _types(schema: Schema) -> dict[str, str]:
    return {spec.name: str(spec.type) for spec in schema.fields if not spec.is_list}


def test_the_templates_are_these() -> None:
    assert template_names() == (
        "bank_statement",
        "contract",
        "form",
        "id_card",
        "invoice",
        "purchase_order",
        "receipt",
    )


@pytest.mark.parametrize("name", template_names())
def test_a_template_comes_back_from_its_own_document(name: str, tmp_path: Path) -> None:
    schema = load_schema(name)
    assert schema.name == name
    assert load_schema(dump_schema(schema)) == schema
    assert load_schema(json.dumps(dump_schema(schema))) == schema
    file = tmp_path / "own.json"
    file.write_text(json.dumps(dump_schema(schema)))
    assert load_schema(file) == load_schema(str(file)) == schema
    assert load_schema(schema) is schema


@pytest.mark.parametrize("name", template_names())
def test_hints_stay_short_for_a_small_model(name: str) -> None:
    for spec in load_schema(name).fields:
        for part in (spec, *spec.columns):
            assert len(part.hint) <= 50


def test_the_receipt_has_what_receipts_have() -> None:
    receipt = load_schema("receipt")
    assert [spec.name for spec in receipt.fields] == [
        "company", "date", "time", "address", "phone", "receipt_number", "subtotal", "tax", "tip", "total",
        "payment_method", "items",
    ]  # fmt: skip
    assert receipt.field("items").columns[-1].type is FieldType.AMOUNT


def test_a_templates_name_may_be_typed_freely() -> None:
    assert load_schema(" Bank statement ") == load_schema("bank-statement") == load_schema("bank_statement")


def test_a_misspelt_template_gets_a_suggestion() -> None:
    with pytest.raises(SchemaError, match=r"Did you mean 'receipt'\? Known are bank_statement, contract,"):
        load_schema("recipt")


def test_a_plain_list() -> None:
    schema = load_schema(
        "seller, due_date, sum:money, n: int; status:enum(open|paid in full)\n"
        "# a remark, left out\n"
        "note:text - what is written by hand\n"
        "items[description, quantity:number, amount:amount]"
    )
    assert schema.fields == (
        FieldSpec("seller"),
        FieldSpec("due_date", FieldType.DATE),
        FieldSpec("sum", FieldType.AMOUNT),
        FieldSpec("n", FieldType.INTEGER),
        FieldSpec("status", FieldType.ENUM, choices=("open", "paid in full")),
        FieldSpec("note", hint="what is written by hand"),
        FieldSpec(
            "items",
            columns=(
                FieldSpec("description"),
                FieldSpec("quantity", FieldType.NUMBER),
                FieldSpec("amount", FieldType.AMOUNT),
            ),
        ),
    )


def test_a_plain_list_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "my fields.txt"
    file.write_text("total:amount\nname\n")
    schema = load_schema(str(file))
    assert (schema.name, _types(schema)) == ("my fields", {"total": "amount", "name": "text"})


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("order", "order"),
        ("invoice.schema", "invoice_schema"),
        ("2024-invoice", "schema 2024-invoice"),
        ("Übersicht (EU)", "Übersicht _EU"),
        ("9" * 80, f"schema {'9' * 57}"),
        ("a" * 63 + " b", "a" * 63),
        ("(+)", "schema"),
    ],
)
def test_a_file_names_its_schema_whatever_it_is_called(tmp_path: Path, stem: str, name: str) -> None:
    document = tmp_path / f"{stem}.json"
    document.write_text(json.dumps(_document(total={"type": "number"})))
    fields = tmp_path / f"{stem}.txt"
    fields.write_text("total:amount\n")
    assert load_schema(str(document)).name == load_schema(fields).name == name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Purchase order", "Purchase_order"),
        ("Invoice (EU)", "Invoice_EU"),
        ("1099-MISC", "schema 1099-MISC"),
        ("?", "schema"),
    ],
)
def test_a_title_names_a_schema_that_has_no_name(title: str, name: str) -> None:
    schema = load_schema({"title": title, **_document(total={"type": "number"})})
    assert (schema.name, schema.title) == (name, title)


def test_a_name_that_was_given_is_not_changed_but_refused() -> None:
    with pytest.raises(SchemaError, match="cannot be the name of a schema") as caught:
        load_schema({"x-name": "a.b", **_document(total={"type": "number"})})
    assert "letters, digits, spaces, '_' and '-'" in caught.value.remedy


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("total:amuont", "Did you mean 'amount'"),
        ("items[a, b", "brackets"),
        ("a]b:date", "brackets"),
        ("items[a[b]]", "another list"),
        ("items[]:", "field|columns"),
        (":date", "not a field"),
        ("a:date, a", "two fields"),
        ("", "no schema"),
        ("nowhere.json", "cannot be read"),
        ("~nobody-here/fields.json", "cannot be read: nobody of that name"),
        ("{not json", "not valid JSON"),
        ('{"properties": {}}', "no properties"),
        (3, "cannot be made"),
        (int, "not a pydantic model"),
    ],
)
def test_what_is_no_schema_is_refused_with_a_remedy(source: Any, says: str) -> None:
    with pytest.raises(SchemaError, match=says) as caught:
        load_schema(source)
    assert caught.value.remedy


class Currency(Enum):
    EURO = "EUR"
    DOLLAR = "USD"


class Address(BaseModel):
    street: str
    city: str | None = None


class Item(BaseModel):
    """One row."""

    description: str
    quantity: int = 1
    unit_price: Decimal


class Order(BaseModel):
    number: str = Field(description="the order's number", json_schema_extra={"format": "identifier"})
    ordered: date
    seller: Address
    currency: Currency
    state: Literal["open", "paid"]
    total: float | None = None
    weight: float
    is_gift: bool
    items: list[Item]
    tags: list[str]


def test_a_pydantic_model() -> None:
    schema = load_schema(Order)
    assert schema.name == "Order"
    assert _types(schema) == {
        "number": "identifier",
        "ordered": "date",
        "seller_street": "text",
        "seller_city": "text",
        "currency": "enum",
        "state": "enum",
        "total": "amount",
        "weight": "number",
        "is_gift": "enum",
    }
    assert schema.field("number").hint == "the order's number"
    assert schema.field("currency").choices == ("EUR", "USD")
    assert [(column.name, str(column.type)) for column in schema.field("items").columns] == [
        ("description", "text"),
        ("quantity", "integer"),
        ("unit_price", "amount"),
    ]
    assert schema.field("tags").columns == (FieldSpec("value"),)


def _document(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (_document(a={"$ref": "#/$defs/none"}), "leads nowhere"),
        (_document(a={"$ref": "https://example.org/a.json"}), "out of the schema"),
        ({**_document(a={"$ref": "#/$defs/b"}), "$defs": {"b": {"$ref": "#/$defs/b"}}}, "refers to itself"),
        ({**_document(a={"$ref": "#"})}, "refers to itself"),
        (_document(a={"type": "object"}), "no properties"),
        (_document(a={"type": "array", "items": {"type": "array"}}), "lists"),
        (
            _document(
                a={"type": "array", "items": _document(b={"type": "array", "items": {"type": "string"}})}
            ),
            "another list",
        ),
        (_document(a=3), "not an object"),
        ({**_document(a={"type": "string"}), "x-checks": [{"kind": "sum"}]}, "not a check"),
        (
            {**_document(a={"type": "string"}), "x-checks": [{"kind": "magic", "parts": [], "results": []}]},
            "not a check",
        ),
        ({"type": "string"}, "no properties"),
        (_document(a={"enum": 7}), "choices of 'a' are not a list"),
        ({**_document(a={"type": "string"}), "x-checks": 7}, "not a list of checks"),
    ],
)
def test_a_json_schema_that_cannot_be_extracted_is_refused(document: dict[str, Any], says: str) -> None:
    with pytest.raises(SchemaError, match=says) as caught:
        load_schema(document)
    assert caught.value.remedy


def test_text_that_somebody_sent_is_never_a_file(tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    file.write_text('{"properties": {"total": {"type": "number"}}}')
    assert load_schema(str(file)).fields[0].name == "total"
    with pytest.raises(SchemaError):
        schema_in_text(str(file))
    assert schema_in_text(" receipt ") == load_schema("receipt")
    assert schema_in_text("date:date") == load_schema("date:date")
