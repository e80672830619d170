from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from docvlm.pipeline.label_ranking import Candidate, Ranked, rank_candidates, text_features
from docvlm.types import Reading
from finetune.data.cases import read_cases
from finetune.data.documents import FieldLabel, LabelledDocument
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


def rank(
    readings: Mapping[str, Sequence[Reading]],
    labelled: Sequence[Sequence[Reading]] = (),
    doubts: Mapping[str, float] | None = None,
    limit: int | None = None,
) -> tuple[Ranked, ...]:
    candidates = [
        Candidate(key, text_features(own), (doubts or {}).get(key, 0.5)) for key, own in readings.items()
    ]
    return rank_candidates(candidates, [text_features(own) for own in labelled], limit)


def test_the_first_picks_are_of_different_shops() -> None:
    ranked = rank(UNLABELLED)
    assert set(shops([item.key for item in ranked[:3]])) == set(SHOPS)
    assert sorted(item.key for item in ranked) == sorted(UNLABELLED)
    assert rank(dict(reversed(UNLABELLED.items()))) == ranked
    assert rank(UNLABELLED, limit=4) == ranked[:4]


def test_what_is_like_the_labelled_ones_comes_last() -> None:
    ranked = rank(UNLABELLED, [receipt("Acme", 9001), receipt("Café Zoë", 9002)])
    assert shops([ranked[0].key]) == ["Bolt & Screw"]
    assert ranked[0].distance > ranked[-1].distance


def test_of_documents_that_are_alike_the_doubtful_one_comes_first() -> None:
    first = rank(UNLABELLED, doubts=dict.fromkeys(UNLABELLED, 0.1) | {"Acme-3": 0.8})[0]
    assert (first.key, first.doubt) == ("Acme-3", 0.8)


def test_documents_without_words_are_ranked_by_doubt_alone() -> None:
    empty = {key: [reading_of([])] for key in "abc"}
    assert [item.key for item in rank(empty, doubts={"a": 0.1, "b": 0.9, "c": 0.5})] == ["b", "c", "a"]


def test_nothing_to_rank() -> None:
    assert rank({}) == ()


def test_features_are_unit_vectors_and_blind_to_digits() -> None:
    one, other, empty = map(text_features, (receipt("Acme", 111), receipt("Acme", 999), (reading_of([]),)))
    assert np.allclose(one, other) and np.linalg.norm(one) == pytest.approx(1)
    assert not empty.any()


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
    picked = {shop(documents[item.key]) for item in rank(unlabelled, limit=30)}
    chance = []
    for seed in range(100):
        drawn = np.random.default_rng(seed).choice(sorted(documents), 30, replace=False)
        chance.append(len({shop(documents[sha256]) for sha256 in drawn}))
    assert len(picked) > np.mean(chance) + 2 * np.std(chance)
