from pathlib import Path

import numpy as np
import pytest

from docvlm.store import Store
from docvlm.types import DocumentInfo, Extraction, FieldValue, LineItems, Reading, RunInfo
from finetune.data.cases import read_cases
from finetune.data.documents import FieldLabel, LabelledDocument
from finetune.data.ranking import rank_documents, stored_confidence, text_features
from tests.pages import reading_of


def receipt(shop: str, number: int) -> tuple[Reading]:
    return (reading_of([f"{shop} Stores Ltd", f"Receipt {number}", f"Total {number}.50"]),)


SHOPS = ("Acme", "Bolt & Screw", "Café Zoë")
UNLABELLED = {
    f"{shop}-{number}": receipt(shop, 100 * place + number)
    for place, shop in enumerate(SHOPS)
    for number in range(5)
}


def shops(names: list[str]) -> list[str]:
    return [name.partition("-")[0] for name in names]


def test_the_first_picks_are_of_different_shops() -> None:
    ranked = rank_documents(UNLABELLED)
    assert set(shops([item.sha256 for item in ranked[:3]])) == set(SHOPS)
    assert sorted(item.sha256 for item in ranked) == sorted(UNLABELLED)
    assert rank_documents(dict(reversed(UNLABELLED.items()))) == ranked
    assert rank_documents(UNLABELLED, limit=4) == ranked[:4]


def test_what_is_like_the_labelled_ones_comes_last() -> None:
    labelled = [receipt("Acme", 9001), receipt("Café Zoë", 9002)]
    ranked = rank_documents(UNLABELLED, labelled)
    assert shops([ranked[0].sha256]) == ["Bolt & Screw"]
    assert ranked[0].distance > ranked[-1].distance


def test_of_documents_that_are_alike_the_doubtful_one_comes_first() -> None:
    confidence = dict.fromkeys(UNLABELLED, 0.9) | {"Acme-3": 0.2}
    first = rank_documents(UNLABELLED, confidence=confidence)[0]
    assert (first.sha256, first.doubt) == ("Acme-3", 0.8)


def test_nothing_to_rank() -> None:
    assert rank_documents({}) == ()


def test_features_are_unit_vectors_and_blind_to_digits() -> None:
    one, other, empty = text_features([receipt("Acme", 111), receipt("Acme", 999), (reading_of([]),)])
    assert np.allclose(one, other) and np.linalg.norm(one) == pytest.approx(1)
    assert not empty.any()


def test_the_confidence_of_what_was_extracted(tmp_path: Path) -> None:
    def value(confidence: float) -> FieldValue:
        return FieldValue("x", None, None, confidence)

    with Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}") as store:
        document_id = store.add_document(DocumentInfo("ab" * 32, "a.pdf", "application/pdf", 1, 10))
        rows = LineItems("items", ((value(0.5),), (value(1.0),)))
        store.save_extraction(document_id, RunInfo("m", "1"), "k", Extraction("s", (value(0.9), rows)))
        assert stored_confidence(store) == {"ab" * 32: pytest.approx(0.8)}


@pytest.mark.shared_data
def test_picks_cover_more_shops_than_chance(shared_data: Path) -> None:
    """On the annotators' transcripts of real receipts, so that no page is read here."""

    def shop(document: LabelledDocument) -> str | None:
        return next(item.value for item in document.fields if isinstance(item, FieldLabel))

    documents = {item.sha256: item for item in read_cases(shared_data / "sroie" / "cases.jsonl")}
    unlabelled = {
        sha256: (reading_of((document.transcripts[0].text or "").splitlines()),)
        for sha256, document in documents.items()
    }
    picked = {shop(documents[item.sha256]) for item in rank_documents(unlabelled, limit=30)}
    chance = []
    for seed in range(100):
        drawn = np.random.default_rng(seed).choice(sorted(documents), 30, replace=False)
        chance.append(len({shop(documents[sha256]) for sha256 in drawn}))
    assert len(picked) > np.mean(chance) + 2 * np.std(chance)
