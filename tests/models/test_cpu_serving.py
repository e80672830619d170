"""Few tokens at a time are computed otherwise, and come to the same."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch.nn.functional import scaled_dot_product_attention
from torch.profiler import ProfilerActivity, profile
from transformers import LlamaConfig, LlamaForCausalLM

from docvlm.models.cached_model import CachedModel
from docvlm.models.cpu_serving import MOST_QUERIES, ServedAttention, ServedFeedForward, serve_on_cpu
from docvlm.models.packed_weights import MOST_ROUNDED_ROWS

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
    serve_on_cpu(model)
    return model


def after_page(model: Any, count: int) -> torch.Tensor:
    """Logits after each of the last ``count`` tokens of the page, given together after the ones before."""
    cached = CachedModel(model)
    cached.forward(PAGE[:-count])
    return cached.forward(PAGE[-count:], count)


needs_units = pytest.mark.skipif(
    not torch.cpu.get_capabilities().get("avx512_bf16"), reason="this CPU has no bfloat16 units"
)
COUNTS = (1, 2, MOST_ROUNDED_ROWS, MOST_ROUNDED_ROWS + 1, MOST_QUERIES, MOST_QUERIES + 1)


@pytest.mark.parametrize("count", COUNTS)
def test_in_bfloat16_everything_comes_to_nearly_the_same(plain: Any, quick: Any, count: int) -> None:
    exact = after_page(plain, count)
    mine = after_page(quick.to(torch.bfloat16), count).float()
    assert (mine - exact).abs().max() < 0.03 * exact.abs().max()


@pytest.mark.parametrize("count", COUNTS)
def test_in_float32_everything_comes_to_the_same(plain: Any, quick: Any, count: int) -> None:
    torch.testing.assert_close(after_page(quick, count), after_page(plain, count))


@needs_units
def test_a_served_layer_makes_fewer_products(plain: Any, quick: Any) -> None:
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        after_page(quick.to(torch.bfloat16), MOST_QUERIES)
    counts = {event.key: event.count for event in seen.key_averages()}
    layers = 3 * 4 + 1  # four products in each of three layers, and the head
    assert counts["mkldnn::_reorder_linear_weight"] == layers
    assert counts["mkldnn::_linear_pointwise"] == 2 * layers  # of the page and of what stands behind it
    assert not counts.keys() & {"aten::mm", "aten::linear"}


@pytest.mark.parametrize(("count", "heads"), [(1, 2), (MOST_QUERIES, 2), (MOST_QUERIES + 1, 6)])
def test_few_queries_share_the_heads_of_their_keys(
    quick: Any, count: int, heads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def attend(query: torch.Tensor, *rest: Any, **options: Any) -> torch.Tensor:
        seen.append(query.shape[1])
        return scaled_dot_product_attention(query, *rest, **options)

    monkeypatch.setattr("docvlm.models.cpu_serving.scaled_dot_product_attention", attend)
    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", attend)
    after_page(quick, count)
    assert seen[-3:] == [heads] * 3


def test_a_short_prompt_without_a_page_sees_only_what_stands_before(plain: Any, quick: Any) -> None:
    torch.testing.assert_close(
        CachedModel(quick).forward(PAGE[:9], 9), CachedModel(plain).forward(PAGE[:9], 9)
    )


def test_no_weight_is_changed_or_has_another_name(plain: Any, quick: Any) -> None:
    assert quick.lm_head.weight is quick.model.embed_tokens.weight
    assert quick.state_dict().keys() == plain.state_dict().keys()
    assert all(torch.equal(weight, plain.state_dict()[name]) for name, weight in quick.state_dict().items())


@pytest.mark.parametrize("target", ["q_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"])
@pytest.mark.parametrize("count", [1, MOST_QUERIES])
def test_an_adapter_laid_over_a_served_model_counts(plain: Any, quick: Any, target: str, count: int) -> None:
    torch.manual_seed(1)
    config = LoraConfig(r=4, lora_alpha=200, target_modules=[target], init_lora_weights=False)
    bare = after_page(quick.to(torch.bfloat16), count)
    both = [get_peft_model(one.to(torch.bfloat16), config) for one in (plain, quick)]
    both[1].load_state_dict(both[0].state_dict())
    taught, mine = (after_page(one.eval(), count).float() for one in both)
    assert (taught - bare).abs().max() > 0.1
    assert (mine - taught).abs().max() < 0.2 * (taught - bare).abs().max()


def test_layers_with_biases_or_adapters_stay_as_they_are(plain: Any) -> None:
    first, second, third = plain.model.layers
    first.self_attn.q_proj.bias = torch.nn.Parameter(torch.randn(96))
    get_peft_model(second.mlp, LoraConfig(r=4, target_modules=["up_proj"], init_lora_weights=False))
    before = after_page(plain, MOST_QUERIES)
    serve_on_cpu(plain)
    torch.testing.assert_close(after_page(plain, MOST_QUERIES), before)
    served = [
        isinstance(one, ServedAttention | ServedFeedForward)
        for layer in (first, second, third)
        for one in (layer.self_attn, layer.mlp)
    ]
    assert served == [False, True, True, False, True, True]


def test_a_model_that_was_served_can_be_copied(quick: Any) -> None:
    served = after_page(quick.to(torch.bfloat16), MOST_QUERIES)
    assert torch.equal(after_page(copy.deepcopy(quick), MOST_QUERIES), served)


def test_training_comes_to_the_same(plain: Any, quick: Any) -> None:
    ids = torch.tensor([PAGE])
    losses = [model.train()(input_ids=ids, labels=ids).loss for model in (plain, quick)]
    for loss in losses:
        loss.backward()
    torch.testing.assert_close(*losses)
    gradients = [{name: one.grad for name, one in model.named_parameters()} for model in (plain, quick)]
    torch.testing.assert_close(*gradients)
