from collections.abc import Sequence

import pytest

from docvlm.adapters import KnownValues
from docvlm.grounding import UNKNOWN_CONFIDENCE
from docvlm.pipeline.extract import WindowDone, extract_windows
from docvlm.pipeline.windows import Window
from docvlm.schemas import Schema, load_schema
from docvlm.types import Extraction, FieldValue, LineItems
from tests.engines import WrittenEngine, windows_of


def extraction_of(engine: WrittenEngine, windows: Sequence[Window], schema: Schema) -> Extraction:
    *progress, extraction = extract_windows(engine, windows, schema, lambda window: window.input)
    assert [event.done for event in progress if isinstance(event, WindowDone)] == list(
        range(1, len(windows) + 1)
    )
    assert isinstance(extraction, Extraction)
    return extraction


def value_of(extraction: Extraction, name: str) -> FieldValue:
    (field,) = [field for field in extraction.fields if field.name == name]
    assert isinstance(field, FieldValue)
    return field


def test_values_are_typed_and_have_their_box() -> None:
    engine = WrittenEngine(lambda _page, _prompt: "date: 25/12/2018\ntotal: RM9.00\n")
    windows = windows_of(engine, ["Date: 25/12/2018", "Total RM9.00"])
    extraction = extraction_of(engine, windows, load_schema("date:date, total:amount"))
    date, total = value_of(extraction, "date"), value_of(extraction, "total")
    assert (date.value, date.raw, date.page) == ("2018-12-25", "25/12/2018", 1)
    assert (total.value, total.raw, total.currency) == ("9.00", "RM9.00", "MYR")
    assert total.box is not None
    assert total.box.as_list() == [60, 24, 120, 42]


def test_a_misread_text_is_spelt_as_it_was_labelled() -> None:
    known = KnownValues({"company": ("Oakfield Trading",), "total": ("19.00",)})
    engine = WrittenEngine(lambda _page, _prompt: "company: OAKFIE1D TRADING\ntotal: I9.00\n", known=known)
    windows = windows_of(engine, ["OAKFIE1D TRADING", "Total I9.00"])
    extraction = extraction_of(engine, windows, load_schema("company, total:amount"))
    company, total = value_of(extraction, "company"), value_of(extraction, "total")
    assert (company.value, company.raw) == ("Oakfield Trading", "OAKFIE1D TRADING")
    assert "known-spelling" in company.flags and company.box is not None
    assert "known-spelling" not in total.flags


@pytest.mark.parametrize(("probability", "value"), [(0.6, "42.40"), (0.95, "40.00")])
def test_the_sums_of_a_page_correct_an_unsure_total_only(probability: float, value: str) -> None:
    engine = WrittenEngine(lambda _page, _prompt: "total: 40.00\n", probability)
    rows = ["Sub-total 40.00", "GST 2.40", "Total 42.40", "Cash 50.00"]
    total = value_of(extraction_of(engine, windows_of(engine, rows), load_schema("total:amount")), "total")
    assert total.value == total.raw == value
    assert ("added-up" in total.flags) == (value == "42.40")
    assert total.box is not None and total.page == 1


def test_the_surest_page_wins_and_keeps_its_number() -> None:
    def write(page: str, _prompt: str) -> str:
        return "total: 9.00\n" if "9.00" in page else "total: not found\n"

    engine = WrittenEngine(write)
    windows = windows_of(engine, ["nothing"], ["Total 9.00"], ["end"])
    assert value_of(extraction_of(engine, windows, load_schema("total:amount")), "total").page == 2


def test_not_found_anywhere_is_null() -> None:
    engine = WrittenEngine(lambda _page, _prompt: "total: not found\n", probability=0.8)
    total = value_of(
        extraction_of(engine, windows_of(engine, ["a"], ["b"]), load_schema("total:amount")), "total"
    )
    assert (total.value, total.raw, total.page, total.box) == (None, None, None, None)
    assert total.confidence == pytest.approx(0.8)


def test_rows_of_all_pages_follow_each_other_and_empty_rows_are_dropped() -> None:
    def write(page: str, _prompt: str) -> str:
        name = "Pen" if "Pen" in page else "Ink"
        empty = "- description: not found\tamount: not found\n"
        return f"items:\n- description: {name}\tamount: 7.00\n{empty}"

    engine = WrittenEngine(write)
    schema = load_schema("items[description, amount:amount]")
    extraction = extraction_of(engine, windows_of(engine, ["Pen 7.00"], ["Ink 7.00"]), schema)
    (items,) = extraction.fields
    assert isinstance(items, LineItems)
    assert [[cell.raw for cell in row] for row in items.rows] == [["Pen", "7.00"], ["Ink", "7.00"]]
    assert [row[0].page for row in items.rows] == [1, 2]


def test_conflicting_amounts_are_flagged() -> None:
    engine = WrittenEngine(lambda _page, _prompt: "subtotal: 8.00\ntax: 1.00\ntip: not found\ntotal: 10.00\n")
    windows = windows_of(engine, ["Subtotal 8.00", "Tax 1.00", "Total 10.00"])
    receipt = load_schema("receipt")
    names = ("subtotal", "tax", "tip", "total")
    fields = tuple(field for field in receipt.fields if field.name in names)
    schema = Schema(receipt.name, receipt.title, fields, receipt.checks[:1])
    assert [check.passed for check in extraction_of(engine, windows, schema).checks] == [False]


def test_a_reply_cut_short_says_so_and_keeps_what_is_complete() -> None:
    engine = WrittenEngine(lambda _page, _prompt: "company: Acme\ntotal: 9")
    windows = windows_of(engine, ["Acme", "Total 9.00"])
    extraction = extraction_of(engine, windows, load_schema("company, total:amount"))
    assert value_of(extraction, "company").raw == "Acme"
    assert value_of(extraction, "total").raw is None
    assert extraction.notes == ("The model's reply for page 1 could not be read completely.",)


def test_a_value_within_a_sentence_loses_the_end_of_the_sentence_and_shows_what_is_printed() -> None:
    engine = WrittenEngine(lambda _page, _prompt: "term: two years.\nstart: 1 May 2026.\nseller: Acme Ltd.\n")
    windows = windows_of(engine, ["Acme Ltd.", "It runs for two years.", "It begins on 1 May 2026."])
    extraction = extraction_of(engine, windows, load_schema("term, start:date, seller"))
    values = [
        (value_of(extraction, name).value, value_of(extraction, name).raw)
        for name in ("term", "start", "seller")
    ]
    assert values == [("two years", "two years."), ("2026-05-01", "1 May 2026."), ("Acme Ltd.", "Acme Ltd.")]


def test_what_stands_in_a_table_is_taken_as_it_is() -> None:
    engine = WrittenEngine(lambda _page, _prompt: "items:\n- description: Orange conce.\tamount: 5.00\n")
    schema = load_schema("items[description, amount:amount]")
    (items,) = extraction_of(engine, windows_of(engine, ["Orange conce. 5.00"]), schema).fields
    assert isinstance(items, LineItems)
    assert items.rows[0][0].value == "Orange conce."


def test_equal_rows_keep_their_own_places() -> None:
    line = "- description: COFFEE\tquantity: 1\tamount: 5.00\n"
    tea = "- description: TEA\tquantity: 1\tamount: 5.00\n"
    engine = WrittenEngine(lambda _page, _prompt: f"items:\n{line}{tea}{line}")
    schema = load_schema("items[description, quantity:number, amount:amount]")
    windows = windows_of(engine, ["COFFEE 1 5.00", "TEA 1 5.00", "COFFEE 1 5.00"])
    (items,) = extraction_of(engine, windows, schema).fields
    assert isinstance(items, LineItems)
    tops = [[cell.box.y0 for cell in row if cell.box] for row in items.rows]
    assert tops == [[0, 0, 0], [24, 24, 24], [48, 48, 48]]


def test_a_list_cut_short_says_so() -> None:
    engine = WrittenEngine(
        lambda _page, _prompt: "items:\n- description: Pen\tamount: 7.00\n- description: I"
    )
    schema = load_schema("items[description, amount:amount]")
    extraction = extraction_of(engine, windows_of(engine, ["Pen 7.00", "Ink 7.00"]), schema)
    (items,) = extraction.fields
    assert isinstance(items, LineItems)
    assert len(items.rows) == 1
    assert "some are missing" in extraction.notes[0]


@pytest.mark.parametrize("reply", ["I see two pens.", '{"items": [{"description": "Pen", "amount": "7.'])
def test_a_free_reply_without_rows_is_not_said_to_hold_too_many(reply: str) -> None:
    engine = WrittenEngine(lambda _page, _prompt: reply, probability=None, follows_grammar=False)
    schema = load_schema("items[description, amount:amount]")
    extraction = extraction_of(engine, windows_of(engine, ["Pen 7.00", "Ink 7.00"]), schema)
    assert extraction.notes == ("The model's reply for page 1 could not be read completely.",)


def test_a_page_that_leaves_the_date_order_open_takes_it_from_the_others() -> None:
    def write(page: str, _prompt: str) -> str:
        return "date: 03/04/2019\n" if "03/04" in page else "date: not found\n"

    engine = WrittenEngine(write)
    windows = windows_of(engine, ["Printed 12/25/2018"], ["Date 03/04/2019"])
    assert value_of(extraction_of(engine, windows, load_schema("date:date")), "date").value == "2019-03-04"


def test_a_free_reply_is_asked_for_as_json_and_held_to_the_page() -> None:
    reply = '{"date": "25/12/2018", "total": "rm9.00", "seller": "Nobody Inc"}'
    engine = WrittenEngine(lambda _page, _prompt: reply, probability=None, follows_grammar=False)
    windows = windows_of(engine, ["Date: 25/12/2018", "Total RM9.00"])
    extraction = extraction_of(engine, windows, load_schema("date:date, total:amount, seller"))
    date, total = value_of(extraction, "date"), value_of(extraction, "total")
    assert (date.value, total.value, total.raw) == ("2018-12-25", "9.00", "RM9.00")
    assert total.confidence == UNKNOWN_CONFIDENCE
    assert value_of(extraction, "seller").raw is None
    (request,) = engine.requests
    assert request.grammar is None
    assert '"RM9.00"' in (request.json_schema or "")


def test_a_field_is_said_not_to_be_there_only_where_that_is_likelier_than_all_values_together() -> None:
    engine = WrittenEngine(lambda _page, _prompt: "total: RM9.00\n")
    extraction_of(engine, windows_of(engine, ["Total RM9.00"]), load_schema("total:amount"))
    (request,) = engine.requests
    assert request.absent == " not found"
    assert f'NOT_FOUND: "{request.absent}"' in (request.grammar or "")


def test_of_several_windows_each_must_be_sure_of_its_value() -> None:
    """One with a value outvotes all that have none."""
    engine = WrittenEngine(lambda _page, _prompt: "total: RM9.00\n")
    extraction_of(engine, windows_of(engine, ["Total RM9.00"], ["Thank you"]), load_schema("total:amount"))
    assert [request.absent for request in engine.requests] == ["", ""]
