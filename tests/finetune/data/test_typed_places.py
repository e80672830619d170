import pytest

from docvlm.schemas import FieldSpec, FieldType, PageContext, page_context
from finetune.data.typed_places import typed_places
from tests.pages import words_of


def found(value: str, kind: FieldType, *rows: str, choices: tuple[str, ...] = ()) -> list[str]:
    words = words_of(*rows)
    runs = typed_places(value, FieldSpec("x", kind, choices=choices), words, page_context(words.text))
    assert runs is not None
    return [run.text for run in runs]


@pytest.mark.parametrize(
    ("value", "kind", "row", "printed"),
    [
        ("2018-12-25", FieldType.DATE, "Date:25/12/2018 8:13 PM", "Date:25/12/2018"),
        ("04NOV'17", FieldType.DATE, "on 4 Nov 2017", "4 Nov 2017"),
        ("2018-03-04", FieldType.DATE, "03/04/2018", "03/04/2018"),  # the page does not say month first
        ("1234.50", FieldType.AMOUNT, "1 234,50 €", "1 234,50"),
        ("Eur129,75", FieldType.AMOUNT, "129.75", "129.75"),
        ("21:52", FieldType.TIME, "9:52:07 PM", "9:52:07 PM"),
        ("4.0", FieldType.NUMBER, "4,000 Unit(s)", "4,000"),
        ("(705)745-3381", FieldType.PHONE, "Tel 705 745 3381", "705 745 3381"),
        ("TD01167104", FieldType.IDENTIFIER, "TD0I167104 x", "TD0I167104"),
        ("paid", FieldType.ENUM, "Status: PAID", "PAID"),
    ],
)
def test_the_value_in_whatever_form_it_is_printed(
    value: str, kind: FieldType, row: str, printed: str
) -> None:
    choices = ("paid", "open") if kind is FieldType.ENUM else ()
    assert printed in found(value, kind, row, choices=choices)


@pytest.mark.parametrize(
    ("value", "kind", "row"),
    [
        ("2018-12-25", FieldType.DATE, "26/12/2018"),
        ("9.00", FieldType.AMOUNT, "19.00 900 Room 9B"),
        ("9.00", FieldType.AMOUNT, "nine"),
        ("soon", FieldType.DATE, "25/12/2018 soon"),
        ("TD01167104", FieldType.IDENTIFIER, "TD0I167104 TD01167105"),  # either could be meant
        ("A12", FieldType.IDENTIFIER, "A13"),
    ],
)
def test_another_value_is_never_taken(value: str, kind: FieldType, row: str) -> None:
    assert found(value, kind, row) == []


def test_the_number_as_printed_goes_before_a_part_of_another() -> None:
    assert found("6.00", FieldType.AMOUNT, "Total 6 00", "Payment 6.00") == ["6.00"]


def test_text_is_left_to_others() -> None:
    assert typed_places("x", FieldSpec("x"), words_of("x"), PageContext()) is None
