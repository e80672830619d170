"""Recomputing cheap steps changes no gradient and no served model."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from finetune.training.recompute import cheap_steps_recomputed_in
from tests.finetune.tiny import save_tiny_model


@pytest.fixture
def model(tmp_path: Path) -> torch.nn.Module:
    torch.manual_seed(0)
    loaded: torch.nn.Module = AutoModelForCausalLM.from_pretrained(save_tiny_model(tmp_path))
    return loaded


def _kept_bytes_and_gradients(model: torch.nn.Module) -> tuple[int, list[torch.Tensor]]:
    weights = list(model.parameters())
    own = {weight.untyped_storage().data_ptr() for weight in weights}
    kept: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    tokens = torch.arange(40)[None]
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss = model(input_ids=tokens, labels=tokens, use_cache=False).loss
    return sum(kept.values()), list(torch.autograd.grad(loss, weights))


def test_gradients_stay_the_same_and_less_is_kept(model: torch.nn.Module) -> None:
    plain_bytes, plain = _kept_bytes_and_gradients(model)
    with cheap_steps_recomputed_in(model):
        fewer_bytes, recomputed = _kept_bytes_and_gradients(model)
    assert fewer_bytes < plain_bytes
    for one, other in zip(plain, recomputed, strict=True):
        torch.testing.assert_close(one, other)


def test_the_model_is_left_as_it_was(model: torch.nn.Module) -> None:
    with cheap_steps_recomputed_in(model):
        assert any("forward" in vars(module) for module in model.modules())
    assert not any("forward" in vars(module) for module in model.modules())
