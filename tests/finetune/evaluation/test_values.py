from __future__ import annotations

import pytest

from docvlm.schemas import DateOrder, FieldSpec, FieldType, PageContext, normalise
from finetune.evaluation.values import Agreement, agree


def agreement(
    raw: str | None, *accepted: str, kind: FieldType = FieldType.TEXT, context: PageContext | None = None
) -> Agreement:
    spec, context = FieldSpec("field", kind), context or PageContext()
    value = normalise(raw, spec, context).value if raw else None
    return agree(raw, value, accepted, spec, [context])


def test_the_same_characters_are_exact() -> None:
    assert agreement("BOOK  SHOP", "BOOK SHOP") == Agreement(True, True, True, 1.0)


def test_case_and_punctuation_are_folded() -> None:
    assert agreement("Book-Shop.", "BOOK SHOP") == Agreement(False, True, True, pytest.approx(0.8))


def test_text_of_the_same_meaning_may_have_a_slip_in_ten_letters() -> None:
    assert agreement("JALAN SAGU EIGHTEEN", "JALAN SAGV EIGHTEEN").typed
    assert not agreement("JALAN SAGU EIGHTEEN", "JALAN SAGV EIGHTEEM").typed
    assert not agreement("SAGU", "SAGV").typed


@pytest.mark.parametrize("label", ["129.75", "Eur129,75", "129,75 EUR"])
def test_amounts_are_compared_as_numbers(label: str) -> None:
    assert agreement("EUR 129,75", label, kind=FieldType.AMOUNT).typed


def test_other_amounts_are_wrong_however_alike() -> None:
    assert not agreement("1129.75", "129.75", kind=FieldType.AMOUNT).typed
    assert not agreement("99999999.00", "99999998.00", kind=FieldType.AMOUNT).typed


def test_dates_are_compared_as_days() -> None:
    assert agreement("25 Dec 2018", "2018-12-25", kind=FieldType.DATE).typed
    month_first = PageContext(DateOrder.MONTH_FIRST)
    assert agreement("March 4, 2019", "03/04/2019", kind=FieldType.DATE, context=month_first).typed
    assert not agreement("25 Dec 2018", "2018-12-24", kind=FieldType.DATE).typed


def test_the_typed_form_may_be_the_label() -> None:
    assert agreement("25/12/2018", "2018-12-25", kind=FieldType.DATE).exact


def test_any_accepted_value_is_enough() -> None:
    assert agreement("PETER", "MARY", "PETER").exact


def test_a_missing_value_is_right_when_nothing_was_found() -> None:
    assert agreement(None) == Agreement(True, True, True, 1.0)
    assert not agreement("9.00").typed
    assert not agreement(None, "9.00").typed
