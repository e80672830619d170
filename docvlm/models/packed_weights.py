"""Weights in the forms that a CPU with bfloat16 units multiplies fastest, made of those that a model keeps.

In oneDNN's order, which it would otherwise make anew at every call. And, for a few tokens at a time, rounded
to eight bits with one scale a row (Jacob et al. 2018, "Quantization and training of neural networks for
efficient integer-arithmetic-only inference", arXiv 1712.05877): half as much to fetch, and with so few tokens
a CPU waits for weights, not for sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn.functional import linear

MOST_ROUNDED_ROWS = 4
"""With more, the weights themselves are as fast as those of eight bits, and exact."""

_LEVELS = 127
"""Of a signed number of eight bits, on each side of zero."""

_KERNEL_STEP = 16
"""PyTorch's kernel for eight bits reads this many weights at a time and no remainder."""

_USUAL_ROWS = 16
"""oneDNN orders weights for so many rows; others take hardly longer."""


def packs(states: torch.Tensor, weight: torch.Tensor) -> bool:
    """Whether packed weights are faster here, and nothing is to be learnt from the product.

    They are where a model is served (``torch.inference_mode``) on a CPU in bfloat16. In float32 PyTorch's
    kernel for eight bits took up to five times as long as the plain one.
    """
    served = torch.is_inference_mode_enabled() and states.dtype is weight.dtype is torch.bfloat16
    return served and states.device.type == "cpu"


def _orders() -> bool:
    """Whether oneDNN has an order of its own for bfloat16 here."""
    return torch.backends.mkldnn.is_available() and bool(torch.cpu.get_capabilities().get("avx512_bf16"))


class PackedWeights:
    """Packed copies of linear layers without bias that multiply the same states, one after another.

    They are made when they are first needed, and again where a ``weight`` is another tensor or was written to
    (not through ``.data``, which leaves no trace).

    Args:
        linears: with as many input features each.
        rounded: whether few rows are multiplied by rounded weights.
    """

    def __init__(self, *linears: torch.nn.Linear, rounded: bool = True) -> None:
        self._linears = linears
        self._rounded = rounded and linears[0].in_features % _KERNEL_STEP == 0
        self._copies: _Copies | None = None

    def __getstate__(self) -> dict[str, object]:
        """Without the copies, which PyTorch can neither copy nor write."""
        return {**self.__dict__, "_copies": None}

    def are_of(self, *linears: torch.nn.Module) -> bool:
        """Whether these are the very layers, and not others that were put in their place since."""
        return all(one is other for one, other in zip(self._linears, linears, strict=True))

    def multiply(self, states: torch.Tensor) -> torch.Tensor:
        """The outputs of all layers side by side, shape (..., out), for ``states`` of shape (..., in)."""
        copies = self._up_to_date()
        rows = states.numel() // states.shape[-1]
        if copies.rounded is not None and rows <= MOST_ROUNDED_ROWS:
            flat = states.reshape(rows, states.shape[-1]).contiguous()
            return torch._weight_int8pack_mm(flat, *copies.rounded).view(*states.shape[:-1], -1)
        if not copies.packed.is_mkldnn:
            return linear(states, copies.packed)
        product: torch.Tensor = torch.ops.mkldnn._linear_pointwise(
            states, copies.packed, None, "none", [], ""
        )
        return product

    def _up_to_date(self) -> _Copies:
        weights = [linear.weight for linear in self._linears]
        made_from = tuple((weight.data_ptr(), weight._version) for weight in weights)
        if self._copies is None or self._copies.made_from != made_from:
            parts = [weight.detach() for weight in weights]
            together = torch.cat(parts) if len(parts) > 1 else parts[0]
            packed = torch.ops.mkldnn._reorder_linear_weight(together, _USUAL_ROWS) if _orders() else together
            self._copies = _Copies(made_from, packed, _round(together) if self._rounded else None)
        return self._copies


@dataclass(frozen=True, slots=True, eq=False)
class _Copies:
    """Of weights of shape (out, in).

    Attributes:
        made_from: which tensors, and how often they had been written to.
        packed: the same numbers, in oneDNN's order where it has one.
        rounded: whole numbers, shape (out, in), and what to multiply each row of them by, shape (out,).
    """

    made_from: tuple[tuple[int, int], ...]
    packed: torch.Tensor
    rounded: tuple[torch.Tensor, torch.Tensor] | None


def _round(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    tiny = torch.finfo(weight.dtype).tiny
    scale = (weight.abs().amax(dim=1) / _LEVELS).clamp(min=tiny)
    # Divided by the scale as it is kept, so that its own rounding is no error of the product.
    whole = (weight.float() / scale.float()[:, None]).round().clamp(-_LEVELS, _LEVELS)
    return whole.to(torch.int8), scale
