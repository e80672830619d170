"""Short inputs, which replies consist of: for a few tokens a CPU waits for weights, not for sums.

Two changes to a model that is served. On a CPU linear layers multiply a few rows by weights rounded to eight
bits with one scale a row (Jacob et al. 2018, "Quantization and training of neural networks for efficient
integer-arithmetic-only inference", arXiv 1712.05877), which are half as much to fetch as bfloat16. And a few
queries that share keys are attended to as rows of one head: PyTorch's kernel takes several times as long for
as many heads of one row. Longer inputs, such as pages, and training are computed as ever.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

ATTENTION = "docvlm_short_inputs"

MOST_ROWS = 4
"""With more, multiplying whole blocks in the model's own format is faster."""

MOST_QUERIES = 16
"""With more, the kernel is as fast with one head each."""

_LEVELS = 127
"""Of a signed number of eight bits, on each side of zero."""

_KERNEL_STEP = 16
"""PyTorch's kernel reads this many weights at a time and no remainder."""


def quicken_short_inputs(model: Any) -> None:
    """Change a causal language model in place; its weights stay the very same tensors."""
    AttentionInterface.register(ATTENTION, attend)
    AttentionMaskInterface.register(ATTENTION, sdpa_mask)
    model.set_attn_implementation(ATTENTION)
    head = model.get_output_embeddings()
    for name, module in list(model.named_modules()):
        # The head stays: its rounding alone was a third of all that rounding changed, and it gains little.
        if type(module) is torch.nn.Linear and module is not head and _fits(module):
            model.set_submodule(name, ShortLinear(module))


def _fits(linear: torch.nn.Linear) -> bool:
    return linear.bias is None and linear.in_features % _KERNEL_STEP == 0


class ShortLinear(torch.nn.Linear):
    """A linear layer without bias that has a smaller copy of its weights for bfloat16 inputs of few rows.

    The copy is made when it is first needed, and again where ``weight`` is another tensor or was written to
    (not through ``.data``, which leaves no trace). It is used while a model is served
    (``torch.inference_mode``), never where gradients may flow.
    """

    def __init__(self, linear: torch.nn.Linear) -> None:
        super().__init__(linear.in_features, linear.out_features, bias=False, device="meta")
        self.weight = linear.weight
        self.train(linear.training)
        self._small: tuple[torch.Tensor, torch.Tensor] | None = None
        self._made_from: tuple[int, int] | None = None

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Multiply ``input``, shape (..., in features), by the transposed weights."""
        rows = input.numel() // self.in_features
        if rows > MOST_ROWS or not torch.is_inference_mode_enabled() or not self._gains(input):
            return super().forward(input)
        whole, scale = self._small_weights()
        states = input.reshape(rows, self.in_features).contiguous()
        product: torch.Tensor = torch._weight_int8pack_mm(states, whole, scale)
        return product.view(*input.shape[:-1], self.out_features)

    def _gains(self, input: torch.Tensor) -> bool:
        """Whether eight bits are faster; in float32 PyTorch's kernel took up to five times as long."""
        return input.device.type == "cpu" and input.dtype is self.weight.dtype is torch.bfloat16

    def _small_weights(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Whole numbers, shape (out, in), and what to multiply each row of them by, shape (out,)."""
        state = (self.weight.data_ptr(), self.weight._version)
        if self._small is None or self._made_from != state:
            self._small, self._made_from = _rounded(self.weight.detach()), state
        return self._small


def _rounded(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    tiny = torch.finfo(weight.dtype).tiny
    scale = (weight.abs().amax(dim=1) / _LEVELS).clamp(min=tiny)
    # Divided by the scale as it is kept, so that its own rounding is no error of the product.
    whole = (weight.float() / scale.float()[:, None]).round().clamp(-_LEVELS, _LEVELS)
    return whole.to(torch.int8), scale


def attend(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """What transformers calls for each layer.

    Args:
        query: shape (batch, heads, length, head size); ``key`` and ``value`` have as many heads or fewer.
        attention_mask: shape (batch, 1, length, keys), or None where nothing is masked or all is causal.
        scaling: factor on the scores; one over the square root of the head size by default.
        options: whatever else transformers hands to ``sdpa_attention_forward``.

    Returns:
        The attended values, shape (batch, length, heads, head size), and no attention weights.
    """
    batch, heads, length, size = query.shape
    shared = heads // key.shape[1]
    causal = length > 1 and attention_mask is None
    if shared == 1 or length > MOST_QUERIES or causal or module.training:
        attended: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, **options
        )
        return attended
    rows = query.reshape(batch, heads // shared, shared * length, size)
    mask = None if attention_mask is None else attention_mask.repeat(1, 1, shared, 1)
    values = scaled_dot_product_attention(rows, key, value, attn_mask=mask, scale=scaling)
    return values.reshape(batch, heads, length, size).transpose(1, 2).contiguous(), None
