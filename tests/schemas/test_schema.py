"""What a schema may be made of."""

from collections.abc import Callable

import pytest

from docvlm.errors import SchemaError
from docvlm.schemas import Check, CheckKind, FieldSpec, FieldType, Schema

TOTAL = FieldSpec("total", FieldType.AMOUNT)
DATE = FieldSpec("date", FieldType.DATE)
ITEMS = FieldSpec("items", columns=(FieldSpec("name"), FieldSpec("amount", FieldType.AMOUNT)))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: FieldSpec(""), "name"),
        (lambda: FieldSpec("1st"), "name"),
        (lambda: FieldSpec("a.b"), "name"),
        (lambda: FieldSpec("trailing "), "name"),
        (lambda: FieldSpec("x" * 65), "name"),
        (lambda: FieldSpec("status", FieldType.ENUM), "no choices"),
        (lambda: FieldSpec("status", FieldType.TEXT, choices=("a",)), "enum"),
        (lambda: FieldSpec("status", FieldType.ENUM, choices=("a", "A")), "repeat"),
        (lambda: FieldSpec("outer", columns=(ITEMS,)), "another list"),
        (lambda: FieldSpec("items", columns=(TOTAL, TOTAL)), "two fields"),
        (lambda: Schema("s", "S", ()), "no fields"),
        (lambda: Schema("", "S", (TOTAL,)), "name"),
        (lambda: Schema("s", "S", (TOTAL, FieldSpec("Total"))), "two fields"),
        (lambda: Schema("s", "S", (TOTAL,), (Check(CheckKind.SUM, ("tax",), ("total",)),)), "not a field"),
        (
            lambda: Schema("s", "S", (TOTAL, DATE), (Check(CheckKind.SUM, ("date",), ("total",)),)),
            "of type date",
        ),
        (
            lambda: Schema("s", "S", (TOTAL, DATE), (Check(CheckKind.ORDER, ("date",), ("total",)),)),
            "of type amount",
        ),
        (lambda: Check(CheckKind.SUM, (), ("total",)), "lacks"),
        (lambda: Check(CheckKind.ORDER, ("a", "b"), ("c",)), "two dates"),
        (lambda: Check(CheckKind.PRODUCT, ("items.a",), ("total",)), "one list"),
    ],
)
def test_what_cannot_be_extracted_is_refused_with_a_remedy(make: Callable[[], object], says: str) -> None:
    with pytest.raises(SchemaError, match=says) as caught:
        make()
    assert caught.value.remedy


def test_names_may_be_in_any_language() -> None:
    assert FieldSpec("numéro de facture").name == "numéro de facture"
    assert FieldSpec("x").name == "x"


def test_the_key_changes_with_the_content_only() -> None:
    schema = Schema("s", "S", (TOTAL, ITEMS))
    assert schema.key == Schema("s", "S", (TOTAL, ITEMS)).key
    assert len({schema.key, Schema("s", "S", (ITEMS, TOTAL)).key, Schema("s", "S", (TOTAL,)).key}) == 3
    assert schema.key == "790ec47cc87ec632"  # stored in databases: must not change


def test_a_field_is_found_by_its_name() -> None:
    schema = Schema("s", "S", (TOTAL, ITEMS))
    assert schema.field("items") is ITEMS
    assert ITEMS.is_list
    assert not TOTAL.is_list
    with pytest.raises(KeyError):
        schema.field("tax")
