import pytest

from finetune.data.text_places import text_places
from tests.pages import words_of

PAGE = (
    "MR. D.I.Y. (M) SDN BHD",
    "LOT 1851-A & 1351-B, JALAN KPB 6,",
    "43300 SERI KEMBANGAN.SELANGOR",
    "TEL0389612345 Café Zoë",
    "Batch 900 9.00 19.00 12345678",
)


def found(value: str) -> list[str]:
    return [run.text for run in text_places(value, words_of(*PAGE))]


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        ("MR. D.I.Y. (M) SDN BHD", "MR. D.I.Y. (M) SDN BHD"),
        ("MR D. I. Y. (M) SDN. BHD.", "MR. D.I.Y. (M) SDN BHD"),
        ("cafe zoe", "Café Zoë"),
        ("Seri Kembangan, Selangor", "SERI KEMBANGAN.SELANGOR"),
        ("LOT 1851-A & 1851-B, JALAN KPB 6, 43300", "LOT 1851-A & 1351-B, JALAN KPB 6, 43300"),
        ("JALAN KPB 5", "JALAN KPB 6,"),
        ("0389612345", "TEL0389612345"),
        ("9.00", "9.00"),
        ("9,00", "9.00"),
        ("12345679", "12345678"),
    ],
)
def test_one_place_however_it_is_typed(value: str, printed: str) -> None:
    assert found(value) == [printed]


@pytest.mark.parametrize(
    "value", ["", "***", "0.00", "00", "Bat", "Mr Bean", "9.01", "1234567", "JALAN RIA 25"]
)
def test_what_is_not_there_has_no_place(value: str) -> None:
    assert found(value) == []


def test_every_place_counts() -> None:
    page = words_of("Acme Ltd", "to: ACME LTD.", "Acne Ltd")
    assert [run.text for run in text_places("Acme Ltd", page)] == ["Acme Ltd", "ACME LTD."]


def test_a_run_may_cross_rows_and_keeps_one_box_a_row() -> None:
    (run,) = text_places("No 5 Long Street, 1234 Town", words_of("No.5 Long Street", "1234 Town"))
    assert [box.as_list() for box in run.boxes] == [[0, 0, 160, 18], [0, 24, 90, 42]]


def test_a_text_longer_than_a_reply_can_be_has_no_place() -> None:
    words = [f"word{index}" for index in range(60)]
    assert text_places(" ".join(words), words_of(" ".join(words))) == ()
    assert len(text_places(" ".join(words[:40]), words_of(" ".join(words)))) == 1
