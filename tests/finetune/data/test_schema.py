from pathlib import Path

import pytest

from docvlm.config import Settings
from docvlm.errors import SchemaError
from docvlm.schemas import FieldSpec, FieldType
from finetune.data.cases import read_cases
from finetune.data.documents import FieldLabel, LabelledDocument, RowsLabel
from finetune.data.readings import Readings
from finetune.data.schema import checked_schema, schema_of


def labelled(*names: str) -> LabelledDocument:
    return LabelledDocument("00", "a", None, fields=tuple(FieldLabel(name, "?") for name in names))


def test_names_in_order_with_types_and_hints_of_the_template_that_fits() -> None:
    schema = schema_of([labelled("total", "company"), labelled("company", "Date", "shoe_size")])
    assert schema.fields == (
        FieldSpec("total", FieldType.AMOUNT, "amount to pay"),
        FieldSpec("company", FieldType.TEXT, "the seller's name"),
        FieldSpec("Date", FieldType.DATE, "date of purchase"),
        FieldSpec("shoe_size"),
    )


def test_types_that_only_the_name_tells() -> None:
    schema = schema_of([labelled("total_untaxed", "tips", "signing_date", "total_pages", "untaxed reason")])
    kinds = [FieldType.AMOUNT, FieldType.AMOUNT, FieldType.DATE, FieldType.TEXT, FieldType.TEXT]
    assert [spec.type for spec in schema.fields] == kinds


def test_a_form_with_a_date_is_no_receipt() -> None:
    schema = schema_of([labelled("date", "brand", "batch size", "harshness", "referee")])
    assert schema.fields[0] == FieldSpec("date", FieldType.DATE)


def test_rows_become_a_list_with_typed_columns() -> None:
    rows = RowsLabel(
        "lines",
        (
            (FieldLabel("quantity", "1"),),
            (FieldLabel("quantity", "2"), FieldLabel("x", "")),
        ),
    )
    (spec,) = schema_of([LabelledDocument("00", "a", None, fields=(rows, rows))]).fields
    assert spec == FieldSpec("lines", columns=(FieldSpec("quantity", FieldType.NUMBER), FieldSpec("x")))


def test_names_that_differ_in_case_are_one_field() -> None:
    assert [spec.name for spec in schema_of([labelled("Total"), labelled("TOTAL")]).fields] == ["Total"]


def test_no_fields_is_told() -> None:
    with pytest.raises(SchemaError, match="has no fields"):
        schema_of([LabelledDocument("00", "a", None)])


def test_a_type_that_the_labels_do_not_have_becomes_text(
    settings: Settings, invoice: LabelledDocument
) -> None:
    def with_labels(date: str, total: str) -> LabelledDocument:
        fields = (FieldLabel("date", date), FieldLabel("total", total))
        return LabelledDocument(invoice.sha256, invoice.name, invoice.path, fields=fields)

    documents = [with_labels("next week", "9.00"), with_labels("soon", "n/a"), with_labels("today", "7,50")]
    schema = schema_of(documents)
    with Readings.open(settings) as readings:
        checked = checked_schema(schema, documents, readings)
        assert [spec.type for spec in checked.fields] == [FieldType.TEXT, FieldType.AMOUNT]
        assert checked_schema(schema, documents[:2], readings) == schema  # two labels tell nothing


@pytest.mark.shared_data
def test_real_sets(shared_data: Path) -> None:
    schema = schema_of(read_cases(shared_data / "invoices_fr" / "cases.jsonl"))
    assert schema.field("due_date").type is FieldType.DATE
    assert [spec.type for spec in schema.fields if "total" in spec.name] == [FieldType.AMOUNT] * 2
    assert len(schema_of(read_cases(shared_data / "funsd" / "cases.jsonl")).fields) > 500
