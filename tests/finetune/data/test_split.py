import pytest

from docvlm.errors import UsageError
from finetune.data.documents import LabelledDocument
from finetune.data.split import split_documents


def documents_of(*kinds: str) -> list[LabelledDocument]:
    return [LabelledDocument(f"{index:064x}", f"{index}", None, kind) for index, kind in enumerate(kinds)]


MIXED = documents_of(*["receipt"] * 30, *["invoice"] * 15, *["form"] * 5)


def test_every_document_is_on_one_side_and_kinds_keep_their_share() -> None:
    split = split_documents(MIXED, [], 10)
    assert sorted([*split.train, *split.held_out], key=MIXED.index) == MIXED
    kinds = [document.kind for document in split.held_out]
    assert [kinds.count(kind) for kind in ("receipt", "invoice", "form")] == [6, 3, 1]
    assert split_documents(MIXED, [], 0.2) == split


def test_the_seed_decides_and_the_order_does_not() -> None:
    split = split_documents(MIXED, [], 10)
    assert split_documents(MIXED, [], 10) == split
    assert set(split_documents(MIXED[::-1], [], 10).held_out) == set(split.held_out)
    assert set(split_documents(MIXED, [], 10, seed=1).held_out) != set(split.held_out)


@pytest.mark.parametrize("seed", range(20))
def test_duplicates_stay_together(seed: int) -> None:
    groups = [tuple(document.sha256 for document in MIXED[start : start + 3]) for start in range(0, 30, 3)]
    held_out = {document.sha256 for document in split_documents(MIXED, groups, 13, seed).held_out}
    assert 10 <= len(held_out) <= 13
    assert all(set(group) <= held_out or held_out.isdisjoint(group) for group in groups)


def test_one_file_under_two_names_stays_together() -> None:
    twins = [document for document in MIXED for _ in range(2)]
    split = split_documents(twins, [], 20)
    assert not {document.sha256 for document in split.train} & {item.sha256 for item in split.held_out}


def test_at_least_one_document_is_left_for_training() -> None:
    split = split_documents(MIXED[:3], [], 9)
    assert (len(split.train), len(split.held_out)) == (1, 2)
    assert split_documents(MIXED, [], 0).held_out == ()
    assert split_documents([], [], 5).train == ()
    with pytest.raises(UsageError, match="Fewer than no documents"):
        split_documents(MIXED, [], -1)
