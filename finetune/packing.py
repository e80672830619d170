"""Several turns about one page in one sequence, so that the page is computed once.

The sequence is ``[page][turn 1][turn 2]…``. A turn sees the page and itself and stands at the positions
it would have right after the page; so its logits are those of the page and this turn alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from docvlm.models.chat import ChatEncoder
from finetune.synthesis.examples import Example


@dataclass(frozen=True, slots=True, eq=False)
class PackedExample:
    """One page with its turns, ``length`` tokens in all.

    Attributes:
        token_ids: shape (1, length).
        positions: shape (1, length); every turn starts right after the page.
        segment_lengths: tokens of the page, then of each turn.
        predict_from: shape (targets,), the places whose logits predict a token of a reply.
        targets: shape (targets,), the tokens to be predicted there.
    """

    token_ids: torch.Tensor
    positions: torch.Tensor
    segment_lengths: tuple[int, ...]
    predict_from: torch.Tensor
    targets: torch.Tensor

    @property
    def length(self) -> int:
        return self.token_ids.shape[1]


def pack_example(example: Example, chat: ChatEncoder, end_id: int) -> PackedExample:
    """Encode an example with the frame that answering uses; only replies and their end are learned."""
    turns = [
        (chat.prompt(turn.prompt, turn.reply_start), [*chat.plain(turn.reply), end_id])
        for turn in example.turns
    ]
    return pack_turns(chat.page(example.page_text), turns)


def pack_turns(page: Sequence[int], turns: Sequence[tuple[Sequence[int], Sequence[int]]]) -> PackedExample:
    """Pack token ids: ``turns`` are pairs of what is asked and what is to be replied."""
    token_ids, positions, lengths = list(page), list(range(len(page))), [len(page)]
    predict_from: list[int] = []
    targets: list[int] = []
    for asked, reply in turns:
        start = len(token_ids)
        # The last token of a reply predicts nothing, so it need not be computed.
        turn = [*asked, *reply[:-1]]
        token_ids += turn
        positions += range(len(page), len(page) + len(turn))
        lengths.append(len(turn))
        first = start + len(asked) - 1
        predict_from += range(first, first + len(reply))
        targets += reply
    return PackedExample(
        token_ids=torch.tensor([token_ids]),
        positions=torch.tensor([positions]),
        segment_lengths=tuple(lengths),
        predict_from=torch.tensor(predict_from),
        targets=torch.tensor(targets),
    )
