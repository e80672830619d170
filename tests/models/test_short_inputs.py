"""Few tokens at a time are computed otherwise, and come to the same."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from docvlm.models.cached_model import CachedModel
from docvlm.models.short_inputs import MOST_QUERIES, MOST_ROWS, ShortLinear, quicken_short_inputs

PAGE = list(range(3, 43))


@pytest.fixture
def plain() -> Any:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=64,
        hidden_size=96,
        intermediate_size=160,
        num_hidden_layers=3,
        num_attention_heads=6,
        num_key_value_heads=2,
        tie_word_embeddings=True,
    )
    return LlamaForCausalLM(config).eval()


@pytest.fixture
def quick(plain: Any) -> Any:
    model = copy.deepcopy(plain)
    quicken_short_inputs(model)
    return model


def after_page(model: Any, count: int) -> torch.Tensor:
    """Logits after each of the last ``count`` tokens of the page, given together after the ones before."""
    cached = CachedModel(model)
    cached.forward(PAGE[:-count])
    return cached.forward(PAGE[-count:], count)


@pytest.mark.parametrize("count", range(1, MOST_ROWS + 1))
def test_few_tokens_come_to_nearly_the_same(plain: Any, quick: Any, count: int) -> None:
    exact = after_page(plain, count)
    mine = after_page(quick.to(torch.bfloat16), count).float()
    theirs = after_page(plain.to(torch.bfloat16), count).float()
    assert not torch.equal(mine, theirs)  # eight bits were used
    assert (mine - exact).abs().max() < 0.03 * exact.abs().max()


def test_more_rows_are_not_multiplied_in_eight_bits(plain: Any, quick: Any) -> None:
    plain, quick = plain.to(torch.bfloat16), quick.to(torch.bfloat16)
    layer, rows = quick.model.layers[0].mlp.up_proj, torch.randn(MOST_ROWS + 1, 96, dtype=torch.bfloat16)
    with torch.inference_mode():
        assert torch.equal(layer(rows), plain.model.layers[0].mlp.up_proj(rows))


@pytest.mark.parametrize("count", [1, 2, MOST_ROWS, MOST_ROWS + 1, MOST_QUERIES, MOST_QUERIES + 1])
def test_in_float32_everything_comes_to_the_same(plain: Any, quick: Any, count: int) -> None:
    torch.testing.assert_close(after_page(quick, count), after_page(plain, count))


def test_a_short_prompt_without_a_page_sees_only_what_stands_before(plain: Any, quick: Any) -> None:
    torch.testing.assert_close(
        CachedModel(quick).forward(PAGE[:9], 9), CachedModel(plain).forward(PAGE[:9], 9)
    )


def test_every_layer_but_the_head_is_changed_and_no_weight(plain: Any, quick: Any) -> None:
    assert [name for name, module in quick.named_modules() if type(module) is torch.nn.Linear] == ["lm_head"]
    assert quick.lm_head.weight is quick.model.embed_tokens.weight
    assert quick.state_dict().keys() == plain.state_dict().keys()


def test_weights_that_change_are_rounded_again() -> None:
    linear = torch.nn.Linear(32, 8, bias=False, dtype=torch.bfloat16)
    short = ShortLinear(linear)
    row = torch.ones(1, 32, dtype=torch.bfloat16)
    with torch.inference_mode():
        before = short(row)
    with torch.no_grad():
        linear.weight.mul_(2)
    with torch.inference_mode():
        torch.testing.assert_close(short(row), 2 * before)


def test_training_goes_through_the_weights_themselves() -> None:
    linear = torch.nn.Linear(32, 8, bias=False)
    row = torch.ones(1, 32)
    torch.testing.assert_close(ShortLinear(linear)(row), linear(row))
    ShortLinear(linear)(row).sum().backward()
    assert linear.weight.grad is not None


def test_a_row_of_zeros_stays_zero() -> None:
    linear = torch.nn.Linear(32, 8, bias=False, dtype=torch.bfloat16)
    torch.nn.init.zeros_(linear.weight)
    with torch.inference_mode():
        product = ShortLinear(linear)(torch.ones(2, 32, dtype=torch.bfloat16))
    assert torch.equal(product, torch.zeros(2, 8, dtype=torch.bfloat16))
