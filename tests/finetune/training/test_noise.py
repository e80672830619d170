"""NEFTune's noise on word embeddings."""

from __future__ import annotations

import pytest
import torch

from finetune.training.noise import EmbeddingNoise
from tests.finetune.tiny import tiny_llama

IDS = torch.arange(20)[None]
ALPHA = 5.0


def embedded(model: torch.nn.Module) -> torch.Tensor:
    return model.get_input_embeddings()(IDS).detach()  # type: ignore[operator,no-any-return]


def test_the_noise_is_uniform_and_as_large_as_the_paper_says() -> None:
    model = tiny_llama(64)
    plain = embedded(model)
    limit = ALPHA / (IDS.shape[1] * plain.shape[-1]) ** 0.5  # alpha / sqrt(length * width), section 2
    noise = EmbeddingNoise(ALPHA)
    with noise.over(model), noise.of(seed=1):
        added = embedded(model) - plain
    assert 0.9 * limit < float(added.abs().max()) <= limit * 1.0001
    assert float(added.std()) == pytest.approx(limit / 3**0.5, rel=0.1)
    assert abs(float(added.mean())) < 0.1 * limit


def test_the_noise_follows_from_the_seed_of_the_document() -> None:
    model = tiny_llama(64)
    noise = EmbeddingNoise(ALPHA)
    seen = []
    with noise.over(model):
        for seed in (1, 1, 2):
            with noise.of(seed):
                seen.append(embedded(model))
    assert torch.equal(seen[0], seen[1]) and not torch.equal(seen[0], seen[2])


@pytest.mark.parametrize("alpha", [0.0, ALPHA])
def test_there_is_none_outside_of_a_document_or_when_it_is_off(alpha: float) -> None:
    model = tiny_llama(64)
    plain = embedded(model)
    noise = EmbeddingNoise(alpha)
    with noise.over(model):
        assert torch.equal(embedded(model), plain)
        with noise.of(1):
            assert torch.equal(embedded(model), plain) is (alpha == 0)
    assert torch.equal(embedded(model), plain)
