"""Number formats of GPUs that this machine may not have."""

from __future__ import annotations

import pytest
import torch

from docvlm.models.device import pick_dtype, training_dtype

CUDA = torch.device("cuda")


@pytest.mark.parametrize(
    ("multiplies", "served", "trained"),
    [(True, torch.bfloat16, torch.bfloat16), (False, torch.float16, torch.float32)],
)
def test_a_gpu_that_emulates_bfloat16_serves_in_float16_and_trains_in_float32(
    monkeypatch: pytest.MonkeyPatch, multiplies: bool, served: torch.dtype, trained: torch.dtype
) -> None:
    def supported(including_emulation: bool = True) -> bool:
        return including_emulation or multiplies

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    assert pick_dtype(CUDA) == served
    assert training_dtype(CUDA) == trained
