from docvlm.grounding import PageWords
from docvlm.reading import layout_rows
from tests.pages import reading_of, words_of


def test_a_run_is_found_with_one_box_a_row() -> None:
    page = words_of("Green Street 5", "1234 Springfield")
    (run,) = page.find("Green Street 5 1234 Springfield")
    assert run.text == "Green Street 5 1234 Springfield"
    assert [box.as_list() for box in run.boxes] == [[0, 0, 140, 18], [0, 24, 160, 42]]
    assert run.box.as_list() == [0, 0, 160, 42]


def test_parts_of_words_are_not_runs() -> None:
    page = words_of("Total RM9.00")
    assert page.find("9.00") == ()
    assert page.find("") == ()


def test_each_place_is_found_once_although_two_orders_hold_it() -> None:
    reading = reading_of(["Seller Buyer", "Acme Bolt"])
    lines = [line.words for line in reading.lines]
    columns = [(lines[0][0], lines[1][0]), (lines[0][1], lines[1][1])]
    page = PageWords(columns, lines)
    assert len(page.orders) == 2
    assert len(page.find("Acme")) == 1
    assert page.find("Seller Acme")[0].text == "Seller Acme"
    assert page.find("Seller Buyer")[0].text == "Seller Buyer"


def test_the_place_after_the_cue_wins() -> None:
    page = words_of("Subtotal 9.00", "Total 9.00", "Cash 9.00")
    run = page.find_best("9.00", "total amount to pay")
    assert run is not None
    assert run.box.y0 == 24


def test_the_place_below_the_cue_wins() -> None:
    page = words_of("Ordered    Due", "2024-05-01 2024-05-01")
    run = page.find_best("2024-05-01", "due date")
    assert run is not None
    assert run.box.x0 == 110


def test_confidence_is_that_of_the_least_certain_word() -> None:
    reading = reading_of(["one two"], confidence=0.7)
    page = PageWords([line.words for line in reading.lines], layout_rows(reading))
    assert page.find("one two")[0].confidence == 0.7
