import time
from pathlib import Path

import pytest

from docvlm.grounding import PageWords, WordRun
from docvlm.schemas import FieldSpec, FieldType, load_schema, page_context
from docvlm.types import Box
from finetune.data.align import align_answer, align_field, align_rows
from finetune.data.documents import FieldLabel, QuestionLabel, RowsLabel
from tests.pages import words_of

RECEIPT = words_of(
    "ACME STORES LTD",
    "No 5 Long Street, 1234 Town",
    "Date: 25/12/2018 Copy: 25/12/2018",
    "Subtotal 9.00",
    "TOTAL RM 9.00",
    "CASH 9.00",
)
TOTAL = load_schema("receipt").field("total")


def aligned(label: FieldLabel, spec: FieldSpec, words: PageWords = RECEIPT) -> WordRun | None:
    return align_field(label, spec, words, page_context(words.text))


def test_of_several_places_the_one_that_fits_the_name() -> None:
    run = aligned(FieldLabel("total", "9.00"), TOTAL)
    assert run is not None and (run.text, run.box.y0) == ("9.00", 96)


def test_of_several_places_the_one_at_the_box() -> None:
    run = aligned(FieldLabel("total", "9.00", boxes=(Box(52, 122, 95, 140),)), TOTAL)
    assert run is not None and run.box.y0 == 120
    away = aligned(FieldLabel("total", "9.00", boxes=(Box(900, 900, 950, 950),)), TOTAL)
    assert away is not None and away.box.y0 == 96


def test_of_runs_that_share_words_the_one_printed_like_the_label() -> None:
    with_currency = aligned(FieldLabel("total", "RM9.00"), TOTAL)
    assert with_currency is not None and with_currency.text == "RM 9.00"


def test_the_first_value_that_is_there() -> None:
    run = aligned(FieldLabel("company", "Acme Supermarkets Inc", ("Acme Stores",)), FieldSpec("company"))
    assert run is not None and run.text == "ACME STORES"


def test_what_is_absent_or_nowhere_has_no_run() -> None:
    assert aligned(FieldLabel("total", None), TOTAL) is None
    assert aligned(FieldLabel("total", "8.00"), TOTAL) is None
    assert aligned(FieldLabel("total", ""), FieldSpec("total")) is None


def test_a_text_field_with_a_typed_label_finds_the_printed_form() -> None:
    run = aligned(FieldLabel("when", "2018-12-25"), FieldSpec("when"))
    assert run is not None and run.text == "25/12/2018"


def test_the_answer_nearest_to_what_is_asked() -> None:
    words = words_of("Invoice date 01/02/2018", "Due date 01/02/2018")
    question = QuestionLabel("What is the due date?", ("1 Feb 2018", "01/02/2018"))
    run = align_answer(question, words, page_context(words.text))
    assert run is not None and run.box.y0 == 24
    assert align_answer(QuestionLabel("Who?", ()), words, page_context(words.text)) is None


def test_rows_keep_their_own_places() -> None:
    words = words_of(
        "Item         Qty   Price",
        "Green tea    2     500,00",
        "Cup          2     500,00",
        "Cup          1     7,00",
    )
    columns = (FieldSpec("name"), FieldSpec("qty", FieldType.NUMBER), FieldSpec("price", FieldType.AMOUNT))
    label = RowsLabel(
        "items",
        tuple(
            tuple(FieldLabel(name, value) for name, value in zip(("Name", "qty", "price"), row, strict=False))
            for row in (("Green Tea", "2.0", "500.0"), ("Cup", "2.0", "500.0"), ("Cup", None))
        ),
    )
    rows = align_rows(label, FieldSpec("items", columns=columns), words, page_context(words.text))
    places = [[None if run is None else (run.text, run.box.y0) for run in row] for row in rows]
    assert places == [
        [("Green tea", 24), ("2", 24), ("500,00", 24)],
        [("Cup", 48), ("2", 48), ("500,00", 48)],
        [("Cup", 72), None, None],
    ]


def test_a_field_of_a_full_page_takes_little_time() -> None:
    rows = [" ".join(f"word{row}x{column}" for column in range(8)) for row in range(60)]
    words = words_of(*rows, "12 Long Road, 1234 Small Town, 25/12/2018 RM 9.00")
    label = FieldLabel("address", "12 Lang Road 1234 Smal Town")
    context = page_context(words.text)
    align_field(label, FieldSpec("address"), words, context)
    started = time.thread_time()
    run = align_field(label, FieldSpec("address"), words, context)
    assert run is not None and run.text == "12 Long Road, 1234 Small Town,"
    assert time.thread_time() - started < 0.1  # 20 ms on a quiet core


@pytest.mark.shared_data
@pytest.mark.slow
def test_nearly_all_labels_of_real_receipts_are_found(shared_data: Path) -> None:
    """On the words of the annotators' own transcripts, so that no page is read here."""
    from finetune.data.cases import read_cases

    documents = read_cases(shared_data / "sroie" / "cases.jsonl")
    schema = load_schema("receipt")
    found = []
    for document in documents:
        (transcript,) = document.transcripts
        words = words_of(*(transcript.text or "").splitlines())
        found += [
            aligned(label, schema.field(label.name), words) is not None
            for label in document.fields
            if isinstance(label, FieldLabel)
        ]
    assert sum(found) >= 0.97 * len(found)
