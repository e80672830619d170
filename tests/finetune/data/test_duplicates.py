from pathlib import Path

from docvlm.config import Settings
from finetune.data.documents import LabelledDocument
from finetune.data.duplicates import copies_of, duplicate_groups
from finetune.data.readings import Readings
from tests.finetune.data.pages import pdf_of

SHOP = ("Acme Stores Ltd", "No 5 Long Street, 1234 Town", "Tel 0123 456789", "Thank you, please come again")
FIRST = (*SHOP, "25/12/2018 18:40 No 7001", "Tea 4.50", "Cake 4.50", "Total 9.00")
SECOND = (*SHOP, "27/12/2018 09:15 No 7044", "Tea 4.50", "Soup 6.00", "Total 10.50")


def groups_of(settings: Settings, *documents: LabelledDocument) -> tuple[tuple[str, ...], ...]:
    with Readings.open(settings) as readings:
        return duplicate_groups(documents, readings)


def test_the_same_paper_saved_again_is_a_duplicate(settings: Settings, tmp_path: Path) -> None:
    first = pdf_of(tmp_path / "a.pdf", *FIRST)
    again = pdf_of(tmp_path / "b.pdf", *FIRST, "page 1", font_size=12)
    other = pdf_of(tmp_path / "c.pdf", *SECOND)
    assert groups_of(settings, first, other, again) == ((first.sha256, again.sha256),)


def test_two_receipts_of_one_shop_are_not(settings: Settings, tmp_path: Path) -> None:
    first, second = pdf_of(tmp_path / "a.pdf", *FIRST), pdf_of(tmp_path / "b.pdf", *SECOND)
    same_goods = pdf_of(tmp_path / "c.pdf", *FIRST[:4], "26/12/2018 11:02 No 7020", *FIRST[5:])
    assert groups_of(settings, first, second, same_goods) == ()


def test_badly_read_copies_are_told_by_their_pictures(settings: Settings, tmp_path: Path) -> None:
    words = "alpha beta gamma delta epsilon zeta eta theta iota kappa 25/12/2018 9.00"
    misread = words.replace("alpha", "alqha").replace("gamma", "garnma")
    first = pdf_of(tmp_path / "a.pdf", words)
    copy = pdf_of(tmp_path / "b.pdf", misread)
    elsewhere = pdf_of(tmp_path / "c.pdf", *[""] * 10, misread, font_size=8)
    assert groups_of(settings, first, copy) == ((first.sha256, copy.sha256),)
    assert groups_of(settings, first, elsewhere) == ()


def test_three_copies_are_one_group_and_lost_files_are_none(settings: Settings, tmp_path: Path) -> None:
    copies = [pdf_of(tmp_path / f"{name}.pdf", *FIRST, "x" * index) for index, name in enumerate("abc")]
    lost = LabelledDocument("00", "lost.pdf", tmp_path / "lost.pdf")
    (group,) = groups_of(settings, *copies, lost)
    assert set(group) == {copy.sha256 for copy in copies}


def test_copies_of_what_is_known_by_its_hash_alone(settings: Settings, tmp_path: Path) -> None:
    first = pdf_of(tmp_path / "a.pdf", *FIRST)
    again = pdf_of(tmp_path / "b.pdf", *FIRST, "page 1", font_size=12)
    twin = pdf_of(tmp_path / "c.pdf", *FIRST, "page 2", font_size=10)
    other = pdf_of(tmp_path / "d.pdf", *SECOND)
    with Readings.open(settings) as readings:
        assert copies_of([first.sha256], [again, twin, other], readings) == frozenset()  # never read here
        readings.of(first)
        (tmp_path / "a.pdf").unlink()
        found = copies_of([first.sha256], [again, twin, other], readings)
    assert found == {again.sha256, twin.sha256}
