from itertools import combinations
from pathlib import Path
from random import Random

from docvlm.config import Settings
from finetune.data.documents import LabelledDocument
from finetune.data.duplicates import copies_of, duplicate_groups, one_of_each
from finetune.data.readings import Readings
from finetune.data.same_pages import PageText, same_pages, shared
from tests.finetune.data.pages import paged_pdf_of, pdf_of

SHOP = ("Acme Stores Ltd", "No 5 Long Street, 1234 Town", "Tel 0123 456789", "Thank you, please come again")
FIRST = (*SHOP, "25/12/2018 18:40 No 7001", "Tea 4.50", "Cake 4.50", "Total 9.00")
SECOND = (*SHOP, "27/12/2018 09:15 No 7044", "Tea 4.50", "Soup 6.00", "Total 10.50")

TERMS = (
    "Terms of business", "1. We deliver within 14 days of the order.", "2. Payment is due within 30 days.",
    "3. Goods stay ours until they are paid (BGB 449).", "4. The court is that of our seat since 2019.",
)  # fmt: skip


def bill(number: int) -> tuple[str, ...]:
    """A page whose numbers no other number's bill has."""
    amounts = (f"{number * 37 + step}.{number % 90 + 10} {number * 911 + step}" for step in range(4))
    return (f"Bill {number * 7919} of customer {number * 6007}", *(f"Goods {each}" for each in amounts))


def cover(number: int) -> tuple[str, ...]:
    return ("Facsimile, two pages", f"Please find our papers of {number + 10}/07/2024 attached, with regards")


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


def test_another_cover_makes_no_other_document(settings: Settings, tmp_path: Path) -> None:
    """However many of them there are, and whichever page the body is on."""
    faxed = [paged_pdf_of(tmp_path / f"{number}.pdf", cover(number), bill(1)) for number in (1, 2, 3)]
    bare = paged_pdf_of(tmp_path / "bare.pdf", bill(1), font_size=12)
    other = paged_pdf_of(tmp_path / "other.pdf", cover(1), bill(2))
    (group,) = groups_of(settings, *faxed, other, bare)
    assert set(group) == {document.sha256 for document in (*faxed, bare)}


def test_two_that_share_an_inner_page_stay_together(settings: Settings, tmp_path: Path) -> None:
    long = paged_pdf_of(tmp_path / "long.pdf", bill(1), bill(2), bill(3), bill(4))
    other = paged_pdf_of(tmp_path / "other.pdf", bill(5), bill(6), bill(3), bill(7))
    again = paged_pdf_of(tmp_path / "again.pdf", bill(5), bill(6), bill(3), bill(7), font_size=12)
    apart = paged_pdf_of(tmp_path / "apart.pdf", bill(8), bill(9))
    (group,) = groups_of(settings, long, other, apart, again)
    assert set(group) == {long.sha256, other.sha256, again.sha256}


def test_of_copies_one_alone_is_evidence(settings: Settings, tmp_path: Path) -> None:
    copies = [pdf_of(tmp_path / f"{name}.pdf", *FIRST, "x" * index) for index, name in enumerate("abc")]
    other = pdf_of(tmp_path / "d.pdf", *SECOND)
    groups = groups_of(settings, *copies, other)
    assert one_of_each([copies[1], other, copies[0]], groups) == (copies[1], other)


def test_terms_of_business_and_one_cover_for_all_join_nothing(settings: Settings, tmp_path: Path) -> None:
    bills = [paged_pdf_of(tmp_path / f"{number}.pdf", bill(number), TERMS) for number in (1, 2)]
    covered = [paged_pdf_of(tmp_path / f"c{number}.pdf", cover(1), bill(number)) for number in (3, 4)]
    assert groups_of(settings, *bills, *covered) == ()
    # A price list has numbers of its own, but many have it.
    priced = [paged_pdf_of(tmp_path / f"p{n}.pdf", bill(n), bill(n + 1), bill(99)) for n in (10, 20, 30)]
    assert groups_of(settings, *priced) == ()
    assert len(groups_of(settings, *priced[:2])) == 1


def test_no_pair_of_pages_is_passed_over() -> None:
    """Against every page held against every other; the words' rank decides which are looked up."""
    rng = Random(3)
    vocabulary = [f"w{index}x" if index % 2 else f"{index}" for index in range(400)]
    texts = []
    for document in range(120):
        words = rng.sample(vocabulary, rng.randint(0, 30))
        texts += [(document * 2, words), (document * 2 + 1, [w for w in words if rng.random() < 0.9])]
    pages = [PageText.of(document, 1, " ".join(words)) for document, words in texts]

    def alike(one: PageText, other: PageText) -> bool:
        return shared(one.numbers, other.numbers) >= 0.8 and shared(one.words, other.words) >= 0.8

    wanted = {
        (one.document, other.document)
        for one, other in combinations(pages, 2)
        if alike(one, other) and min(len(one.words), len(other.words)) >= 8
    }
    found = {
        (one.document, other.document)
        for sheet in same_pages(pages, lambda _page: None)
        for one, other in combinations(sheet, 2)
        if alike(one, other)
    }
    assert len(wanted) > 20 and found == wanted
