"""Few tokens at a time are computed otherwise, and come to the same."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention
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
    assert (mine - exact).abs().max() < 0.03 * exact.abs().max()


def test_eight_bits_are_used_for_few_rows_alone(quick: Any) -> None:
    layer = quick.to(torch.bfloat16).model.layers[0].mlp.up_proj
    for rows, rounded in ((MOST_ROWS, True), (MOST_ROWS + 1, False)):
        states = torch.randn(rows, 96, dtype=torch.bfloat16)
        with torch.inference_mode():
            assert torch.equal(layer(states), torch.nn.functional.linear(states, layer.weight)) != rounded


@pytest.mark.parametrize("count", [1, 2, MOST_ROWS, MOST_ROWS + 1, MOST_QUERIES, MOST_QUERIES + 1])
def test_in_float32_everything_comes_to_the_same(plain: Any, quick: Any, count: int) -> None:
    torch.testing.assert_close(after_page(quick, count), after_page(plain, count))


@pytest.mark.parametrize(("count", "heads"), [(1, 2), (MOST_QUERIES, 2), (MOST_QUERIES + 1, 6)])
def test_few_queries_share_the_heads_of_their_keys(
    quick: Any, count: int, heads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def attend(query: torch.Tensor, *rest: Any, **options: Any) -> torch.Tensor:
        seen.append(query.shape[1])
        return scaled_dot_product_attention(query, *rest, **options)

    monkeypatch.setattr("docvlm.models.short_inputs.scaled_dot_product_attention", attend)
    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", attend)
    after_page(quick, count)
    assert seen[-3:] == [heads] * 3


def test_a_short_prompt_without_a_page_sees_only_what_stands_before(plain: Any, quick: Any) -> None:
    torch.testing.assert_close(
        CachedModel(quick).forward(PAGE[:9], 9), CachedModel(plain).forward(PAGE[:9], 9)
    )


def test_every_layer_but_the_head_is_changed_and_no_weight(plain: Any, quick: Any) -> None:
    assert [name for name, module in quick.named_modules() if type(module) is torch.nn.Linear] == ["lm_head"]
    assert quick.lm_head.weight is quick.model.embed_tokens.weight
    assert quick.state_dict().keys() == plain.state_dict().keys()
    assert all(torch.equal(weight, plain.state_dict()[name]) for name, weight in quick.state_dict().items())


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
    linear = torch.nn.Linear(32, 8, bias=False, dtype=torch.bfloat16)
    row = torch.ones(1, 32, dtype=torch.bfloat16)
    assert torch.equal(ShortLinear(linear)(row), linear(row))
    ShortLinear(linear)(row).sum().backward()
    assert linear.weight.grad is not None


def test_a_row_of_zeros_stays_zero() -> None:
    linear = torch.nn.Linear(32, 8, bias=False, dtype=torch.bfloat16)
    torch.nn.init.zeros_(linear.weight)
    with torch.inference_mode():
        product = ShortLinear(linear)(torch.ones(2, 32, dtype=torch.bfloat16))
    assert torch.equal(product, torch.zeros(2, 8, dtype=torch.bfloat16))
