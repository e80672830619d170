"""Which device and number format suit this machine."""

from __future__ import annotations

import torch

from docvlm.models.lent_gpu import waits_for_gpu


def pick_device() -> torch.device:
    """CUDA where this process has one, else the CPU."""
    has_cuda = torch.cuda.is_available() and not waits_for_gpu()
    return torch.device("cuda" if has_cuda else "cpu")


def pick_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the hardware multiplies it, else float16 on a GPU and float32 on a CPU.

    A CPU without bfloat16 units emulates it: a 1,024-token prefill of the embedded model was
    measured at 14 s in bfloat16 and 2.3 s in float32 on such a CPU.
    """
    if device.type == "cuda":
        return torch.bfloat16 if _multiplies_bfloat16() else torch.float16
    capabilities = torch.cpu.get_capabilities()
    fast = capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") or capabilities.get("arm_bf16")
    return torch.bfloat16 if fast else torch.float32


def training_dtype(device: torch.device) -> torch.dtype:
    """As :func:`pick_dtype`, but never float16: without scaling, small gradients are nothing in it."""
    dtype = pick_dtype(device)
    return torch.float32 if dtype == torch.float16 else dtype


def _multiplies_bfloat16() -> bool:
    """Whether the GPU does; torch counts those as well that emulate it, many times slower."""
    return bool(torch.cuda.is_bf16_supported(including_emulation=False))
