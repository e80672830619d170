"""Which documents a step computes."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
import torch

from finetune.packing import pack_turns
from finetune.training.collate import TrainingDocument
from finetune.training.settings import TrainingSettings
from finetune.training.steps import Steps, steps_an_epoch, steps_within

EXAMPLES = 22
LENGTHS = [10 * (7 * index % EXAMPLES + 1) for index in range(EXAMPLES)]


class _Numbers:
    """Packs example ``n`` as the token ``n``, and generated documents as none."""

    def pack(self, example: int, rng: Random) -> TrainingDocument:
        return TrainingDocument(pack_turns([example], [([0], [0])]), {}, rng.getrandbits(48))

    def pack_generated(self, seed: str) -> TrainingDocument:
        return TrainingDocument(pack_turns([-1], [([0], [0])]), {}, Random(seed).getrandbits(48))


def steps(total: int, rank: int = 0, processes: int = 1, **settings: Any) -> Steps:
    values = {"documents_a_step": 4, "seed": 3} | settings
    made: Any = Steps(
        range(EXAMPLES), LENGTHS, _Numbers(), TrainingSettings(**values), total, rank, processes
    )  # type: ignore[arg-type]
    return made  # type: ignore[no-any-return]


def numbers(documents: list[TrainingDocument]) -> list[int]:
    return [int(document.packed.token_ids[0, 0]) for document in documents]


def test_an_epoch_takes_every_example_once() -> None:
    epoch = steps_an_epoch(EXAMPLES, TrainingSettings(documents_a_step=4))
    assert epoch == 6
    made = steps(2 * epoch)
    for first in (0, epoch):
        seen = Counter(number for step in range(first, first + epoch) for number in numbers(made[step]))
        assert seen == Counter(range(EXAMPLES))
    assert [numbers(made[step]) for step in range(epoch)] != [
        numbers(made[step]) for step in range(epoch, 2 * epoch)
    ]


def test_a_step_follows_from_its_number_alone() -> None:
    one, other = steps(12), steps(12)
    backwards = [numbers(other[step]) for step in reversed(range(12))]
    assert [numbers(one[step]) for step in range(12)] == [*reversed(backwards)]
    assert [document.seed for document in one[5]] == [document.seed for document in other[5]]


def test_examples_of_one_length_come_together() -> None:
    made = steps(6)
    spread = [
        max(LENGTHS[number] for number in own) - min(LENGTHS[number] for number in own)
        for own in (numbers(made[step]) for step in range(6))
    ]
    assert max(spread) <= 40  # of 220, four neighbours differ by 30


def test_a_step_is_as_long_as_its_examples() -> None:
    made = steps(6)
    for step in range(6):
        assert made.tokens(step) == sum(LENGTHS[number] for number in numbers(made[step]))


@pytest.mark.parametrize(("seconds", "wanted"), [(60.0, 3), (300.0, 15), (119.0, 5), (0.1, 1)])
def test_a_time_holds_so_many_steps(seconds: float, wanted: int) -> None:
    """1,000 tokens an epoch at 0.06 s each are 60 s, in three steps of two, whatever their lengths."""
    assert steps_within(seconds, 0.06, (10, 10, 80, 200, 300, 400), a_step=2) == wanted


@pytest.mark.parametrize("processes", [2, 3, 8])
def test_processes_share_a_step_and_none_goes_without(processes: int) -> None:
    whole = steps(6)
    for step in range(6):
        parts = [numbers(steps(6, rank, processes)[step]) for rank in range(processes)]
        assert all(parts)
        assert set().union(*map(set, parts)) == set(numbers(whole[step]))


@pytest.mark.parametrize(("share", "fewest", "most"), [(0.0, 0, 0), (0.3, 60, 120), (0.99, 280, 300)])
def test_generated_text_is_mixed_in_as_often_as_set(share: float, fewest: int, most: int) -> None:
    made = steps(100, text_only_share=share, documents_a_step=3)
    drawn = [number for step in range(75) for number in numbers(made[step])]
    generated = drawn.count(-1)
    scale = len(drawn) / 300
    assert fewest * scale <= generated <= most * scale
    assert isinstance(made[0][0].packed.token_ids, torch.Tensor)
