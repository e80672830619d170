"""Half precision as in serving, while the weights that learn are kept in float32."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import torch


def half_precision(model: Any, device: torch.device) -> AbstractContextManager[Any]:
    """Compute in the model's own half precision; layers that learn in full would not take it otherwise."""
    half = model.dtype in (torch.bfloat16, torch.float16)
    return torch.autocast(device.type, model.dtype if half else None, enabled=half)
