"""Which documents each step of a run computes; it follows from the seed and the step alone.

So a resumed run sees what the unbroken one would have seen, whatever was read before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from torch.utils.data import Dataset

from finetune.training.collate import Collator, TrainingDocument
from finetune.training.examples import WindowExample
from finetune.training.settings import TrainingSettings

_BATCHES_SORTED_TOGETHER = 8
"""Steps whose examples are sorted by length together: large enough to save waiting, small enough to mix."""


class Steps(Dataset[list[TrainingDocument]]):
    """Item ``n`` is the documents of step ``n``, or this process's part of them.

    Args:
        lengths: tokens of each example, for steps whose documents take equally long.
        rank: this process among ``processes`` that share each step.
    """

    def __init__(
        self,
        examples: Sequence[WindowExample],
        lengths: Sequence[int],
        collator: Collator,
        settings: TrainingSettings,
        total: int,
        rank: int = 0,
        processes: int = 1,
    ) -> None:
        self._examples = examples
        self._lengths = lengths
        self._collator = collator
        self._settings = settings
        self._total = total
        self._rank = rank
        self._processes = processes

    def __len__(self) -> int:
        return self._total

    def __getitem__(self, step: int) -> list[TrainingDocument]:
        chosen = self._chosen(step)
        # Every process needs a document, or it would wait for the others for ever.
        while len(chosen) < self._processes:
            chosen = chosen + chosen
        return [
            self._document(step, place, index)
            for place, index in enumerate(chosen)
            if place % self._processes == self._rank
        ]

    def tokens(self, step: int) -> int:
        """How long the examples of a step are together."""
        return sum(self._lengths[index] for index in self._chosen(step))

    def _document(self, step: int, place: int, index: int) -> TrainingDocument:
        rng = Random(f"{self._settings.seed}:{step}:{place}")  # noqa: S311  (no secrets)
        if rng.random() < self._settings.text_only_share:
            return self._collator.pack_generated(f"{self._settings.seed}:{step}:{place}")
        return self._collator.pack(self._examples[index], rng)

    def _chosen(self, step: int) -> list[int]:
        """The examples of a step: every epoch takes each of them once."""
        epoch, batch = divmod(step, steps_an_epoch(len(self._examples), self._settings))
        return self._batches(epoch)[batch]

    def _batches(self, epoch: int) -> list[list[int]]:
        rng = Random(f"{self._settings.seed}:{epoch}")  # noqa: S311
        order = rng.sample(range(len(self._examples)), len(self._examples))
        size = self._settings.documents_a_step
        batches: list[list[int]] = []
        for start in range(0, len(order), size * _BATCHES_SORTED_TOGETHER):
            near = order[start : start + size * _BATCHES_SORTED_TOGETHER]
            near.sort(key=lambda index: self._lengths[index])
            batches += [near[first : first + size] for first in range(0, len(near), size)]
        rng.shuffle(batches)
        return batches


def steps_within(seconds: float, seconds_a_token: float, lengths: Sequence[int], a_step: int) -> int:
    """How many steps of ``a_step`` examples fit into a time, at least one.

    Steps hold examples of one length, and a few of them tell little of the others; tokens do.

    Args:
        lengths: tokens of each example.
    """
    seconds_an_epoch = seconds_a_token * sum(lengths)
    return max(1, int(seconds / seconds_an_epoch * math.ceil(len(lengths) / a_step)))


def steps_an_epoch(examples: int, settings: TrainingSettings) -> int:
    """Steps until every example has been seen once."""
    return math.ceil(examples / settings.documents_a_step)
