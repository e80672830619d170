import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from docvlm.models.cached_model import CachedModel
from docvlm.models.prefix_cache import PrefixCache


@pytest.fixture(scope="module")
def model() -> LlamaForCausalLM:
    torch.manual_seed(5)
    config = LlamaConfig(
        vocab_size=50,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
    )
    return LlamaForCausalLM(config).eval()


def page_of(model: LlamaForCausalLM, tokens: int) -> CachedModel:
    page = CachedModel(model)
    page.forward([1] * tokens)
    return page


def test_the_page_used_least_recently_goes_first(model: LlamaForCausalLM) -> None:
    cache = PrefixCache(max_tokens=10)
    cache.put("a", page_of(model, 4))
    cache.put("b", page_of(model, 4))
    assert cache.get("a") is not None
    cache.put("c", page_of(model, 4))
    assert cache.get("b") is None
    assert cache.get("a") is not None
    assert cache.tokens == 8


def test_a_page_larger_than_the_bound_is_kept_alone(model: LlamaForCausalLM) -> None:
    cache = PrefixCache(max_tokens=10)
    cache.put("a", page_of(model, 4))
    cache.put("b", page_of(model, 40))
    assert cache.get("a") is None
    assert cache.get("b") is not None


def test_replies_from_one_page_do_not_disturb_it_or_each_other(model: LlamaForCausalLM) -> None:
    page = page_of(model, 6)
    alone = CachedModel(model)
    expected = alone.forward([1] * 6 + [7, 8])
    first, second = page.fork(), page.fork()
    first.forward([9, 9, 9])
    second.forward([7])
    first.forward([3])
    assert torch.allclose(second.forward([8]), expected, atol=1e-5)
    assert (page.length, first.length, second.length) == (6, 10, 8)


def test_the_head_gets_the_rows_that_are_kept_as_one_block(model: LlamaForCausalLM) -> None:
    """PyTorch copies all the weights of the head where its input is a slice of a longer one."""
    strides = []
    watched = model.get_output_embeddings().register_forward_pre_hook(
        lambda _module, inputs: strides.append(inputs[0].stride())
    )
    try:
        logits = page_of(model, 5).forward([2, 3, 4], keep=2)
    finally:
        watched.remove()
    assert logits.shape == (2, 50)
    assert strides[-1] == (2 * 16, 16, 1)
    alone = page_of(model, 5)
    alone.forward([2])
    assert torch.allclose(alone.forward([3, 4], keep=2), logits, atol=1e-5)
