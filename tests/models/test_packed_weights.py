"""Packed weights come to the same product, and follow the weights that they were made of."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import linear

from docvlm.models.packed_weights import MOST_ROUNDED_ROWS, PackedWeights, packs


@pytest.fixture(params=[True, False], ids=["in oneDNN's order", "as they are"], autouse=True)
def orders(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.param:
        monkeypatch.setattr("docvlm.models.packed_weights._orders", lambda: False)
    elif not torch.cpu.get_capabilities().get("avx512_bf16"):
        pytest.skip("this CPU has no bfloat16 units")


@pytest.fixture
def layer() -> torch.nn.Linear:
    torch.manual_seed(0)
    return torch.nn.Linear(96, 160, bias=False, dtype=torch.bfloat16)


def rows(count: int) -> torch.Tensor:
    return torch.randn(1, count, 96, dtype=torch.bfloat16)


def test_eight_bits_are_used_for_few_rows_alone(layer: torch.nn.Linear) -> None:
    packed = PackedWeights(layer)
    with torch.inference_mode():
        few, more = rows(MOST_ROUNDED_ROWS), rows(MOST_ROUNDED_ROWS + 1)
        assert not torch.equal(packed.multiply(few), linear(few, layer.weight))
        torch.testing.assert_close(packed.multiply(few), linear(few, layer.weight), rtol=0.05, atol=0.02)
        torch.testing.assert_close(packed.multiply(more), linear(more, layer.weight))


def test_layers_side_by_side_come_to_what_each_comes_to(layer: torch.nn.Linear) -> None:
    other = torch.nn.Linear(96, 32, bias=False, dtype=torch.bfloat16)
    with torch.inference_mode():
        for count in (1, 3, 7, 600):
            states = rows(count)
            apart = [PackedWeights(one).multiply(states) for one in (layer, other)]
            together = PackedWeights(layer, other).multiply(states)
            torch.testing.assert_close(together, torch.cat(apart, dim=-1))


@pytest.mark.parametrize("count", [1, MOST_ROUNDED_ROWS + 1])
def test_weights_that_change_are_packed_again(layer: torch.nn.Linear, count: int) -> None:
    packed, states = PackedWeights(layer), rows(count)
    with torch.inference_mode():
        before = packed.multiply(states)
    with torch.no_grad():
        layer.weight.mul_(2)
    with torch.inference_mode():
        torch.testing.assert_close(packed.multiply(states), 2 * before)


def test_weights_that_do_not_fit_the_kernel_of_eight_bits_are_not_rounded() -> None:
    narrow = torch.nn.Linear(24, 8, bias=False, dtype=torch.bfloat16)
    states = torch.randn(2, 24, dtype=torch.bfloat16)
    with torch.inference_mode():
        torch.testing.assert_close(PackedWeights(narrow).multiply(states), linear(states, narrow.weight))


def test_a_row_of_zeros_stays_zero(layer: torch.nn.Linear) -> None:
    torch.nn.init.zeros_(layer.weight)
    with torch.inference_mode():
        product = PackedWeights(layer).multiply(rows(2))
    assert torch.equal(product, torch.zeros(1, 2, 160, dtype=torch.bfloat16))


def test_nothing_is_packed_in_float32_nor_where_something_is_to_be_learnt(layer: torch.nn.Linear) -> None:
    assert not packs(rows(1), layer.weight)
    with torch.inference_mode():
        assert packs(rows(1), layer.weight)
        assert not packs(rows(1).float(), layer.weight)
        assert not packs(rows(1).float(), layer.weight.float())
