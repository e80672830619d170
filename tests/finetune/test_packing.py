"""Packing must not change what the model computes."""

from __future__ import annotations

import pytest
import torch

from finetune.packed_attention import PAGE_BLOCK, use_packed_attention
from finetune.packing import PackedExample, pack_turns
from tests.finetune.tiny import tiny_llama

PAGE = [5, 9, 2, 7, 7, 31]
TURNS = [([11, 12, 13], [14, 15, 16]), ([21, 22], [23, 24]), ([40], [41, 42, 43, 44])]


def mask_of(packed: PackedExample) -> torch.Tensor:
    """Which token (third axis) sees which other (fourth): a turn the page and itself, each up to itself."""
    segments = torch.repeat_interleave(torch.tensor(packed.segment_lengths))
    sees = (segments[:, None] == segments[None, :]) | (segments == 0)[None, :]
    return (sees & torch.ones_like(sees).tril())[None, None]


def test_logits_of_a_packed_turn_are_those_of_the_page_and_the_turn_alone() -> None:
    torch.manual_seed(3)
    model = tiny_llama(64)
    packed = pack_turns(PAGE, TURNS)
    with torch.no_grad():
        together = model(
            input_ids=packed.token_ids,
            attention_mask=mask_of(packed),
            position_ids=packed.positions,
            logits_to_keep=packed.predict_from,
        ).logits[0]
        alone = []
        for asked, reply in TURNS:
            logits = model(torch.tensor([PAGE + asked + reply])).logits[0]
            first = len(PAGE) + len(asked) - 1
            alone.append(logits[first : first + len(reply)])
    torch.testing.assert_close(together, torch.cat(alone), rtol=1e-4, atol=1e-5)


def test_every_reply_token_is_a_target_and_nothing_else() -> None:
    packed = pack_turns(PAGE, TURNS)
    assert packed.targets.tolist() == [token for _, reply in TURNS for token in reply]
    # The token at a place that predicts is the one before the target; the last reply token is not computed.
    before = packed.token_ids[0][packed.predict_from].tolist()
    assert before == [13, 14, 15, 22, 23, 40, 41, 42, 43]
    assert packed.length == len(PAGE) + sum(len(asked) + len(reply) - 1 for asked, reply in TURNS)


@pytest.mark.parametrize("turn", range(len(TURNS)))
def test_positions_start_again_after_the_page(turn: int) -> None:
    packed = pack_turns(PAGE, TURNS)
    start = len(PAGE) + sum(len(asked) + len(reply) - 1 for asked, reply in TURNS[:turn])
    assert int(packed.positions[0, start]) == len(PAGE)


def test_packed_attention_gives_the_logits_and_gradients_of_masked_attention() -> None:
    torch.manual_seed(5)
    packed = pack_turns(list(range(2, 60)) * 6, TURNS)  # a page of two blocks of rows
    assert packed.segment_lengths[0] > PAGE_BLOCK
    plain, quick = tiny_llama(64), tiny_llama(64)
    quick.load_state_dict(plain.state_dict())
    use_packed_attention(quick)
    common = {
        "input_ids": packed.token_ids,
        "position_ids": packed.positions,
        "logits_to_keep": packed.predict_from,
    }
    masked = plain(attention_mask=mask_of(packed), **common).logits
    blocks = quick(segment_lengths=packed.segment_lengths, **common).logits
    torch.testing.assert_close(blocks, masked, rtol=1e-4, atol=1e-5)
    for model, logits in ((plain, masked), (quick, blocks)):
        logits.square().sum().backward()
        assert model.model.embed_tokens.weight.grad is not None
    torch.testing.assert_close(
        quick.model.embed_tokens.weight.grad, plain.model.embed_tokens.weight.grad, rtol=1e-3, atol=1e-3
    )
