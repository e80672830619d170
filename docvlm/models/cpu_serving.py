"""What docvlm's language model does otherwise while it is served on a CPU.

transformers' modules take many small operations a layer; here they are fewer and larger: weights are packed,
layers that take the same states multiply them together, and a few queries that share keys are attended to as
rows of one head, as PyTorch's kernel takes several times as long for as many heads of one row. All come to
the same but for rounding. Where weights are not packed (``packs``), as in training, or where a layer of an
adapter was put over one of them since, each layer is computed by itself.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import rms_norm, scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask
from transformers.models.llama.modeling_llama import LlamaAttention, LlamaMLP, LlamaRMSNorm, rotate_half

from docvlm.models.packed_weights import PackedWeights, packs

ATTENTION = "docvlm_cpu_serving"

MOST_QUERIES = 16
"""With more, the kernel is as fast with one head each."""


def serve_on_cpu(model: Any) -> None:
    """Change a ``LlamaForCausalLM`` in place; its weights stay the very same tensors under the same names.

    Layers with biases, or with those of an adapter over them, stay as they are. Adapters are merged before:
    peft merges through ``.data``, which leaves no trace (see ``PackedWeights``).
    """
    AttentionInterface.register(ATTENTION, attend)
    AttentionMaskInterface.register(ATTENTION, sdpa_mask)
    model.set_attn_implementation(ATTENTION)
    for name, module in list(model.named_modules()):
        if isinstance(module, LlamaAttention | LlamaMLP) and not all(map(_is_plain, module.children())):
            continue
        if isinstance(module, LlamaAttention):
            model.set_submodule(name, ServedAttention(module))
        elif isinstance(module, LlamaMLP):
            model.set_submodule(name, ServedFeedForward(module))
        elif isinstance(module, LlamaRMSNorm):
            model.set_submodule(name, ServedNorm(module))
    # The head's rounding alone was a third of all that rounding changed, and it gained little.
    model.set_output_embeddings(ServedLinear(model.get_output_embeddings(), rounded=False))


class ServedLinear(torch.nn.Linear):
    """A linear layer without bias that multiplies by packed weights."""

    def __init__(self, linear: torch.nn.Linear, rounded: bool = True) -> None:
        super().__init__(linear.in_features, linear.out_features, bias=False, device="meta")
        self.weight = linear.weight
        self.train(linear.training)
        self._packed = PackedWeights(self, rounded=rounded)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Multiply ``input``, shape (..., in features), by the transposed weights."""
        return self._packed.multiply(input) if packs(input, self.weight) else super().forward(input)


class ServedNorm(LlamaRMSNorm):
    """A norm in one operation, rounded once."""

    def __init__(self, norm: LlamaRMSNorm) -> None:
        super().__init__(norm.weight.shape[0], norm.variance_epsilon)
        self.weight = norm.weight
        self.train(norm.training)

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        """Of states of shape (..., width)."""
        if packs(hidden_states, self.weight):
            return rms_norm(hidden_states, self.weight.shape, self.weight, self.variance_epsilon)
        plain: torch.Tensor = super().forward(hidden_states)
        return plain


class ServedAttention(LlamaAttention):
    """Queries, keys and values come out of one product, and queries and keys are turned together."""

    def __init__(self, attention: LlamaAttention) -> None:
        with torch.device("meta"):  # room for the layers that are put in below
            super().__init__(attention.config, attention.layer_idx)
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            setattr(self, name, ServedLinear(getattr(attention, name)))
        self.train(attention.training)
        self._packed = PackedWeights(self.q_proj, self.k_proj, self.v_proj)

    def forward(
        self,
        hidden_states: torch.Tensor,
        position_embeddings: tuple[torch.Tensor, torch.Tensor],
        attention_mask: torch.Tensor | None = None,
        past_key_values: Any = None,
        **options: Any,
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """What transformers calls; states have the shape (batch, length, width)."""
        untouched = self._packed.are_of(self.q_proj, self.k_proj, self.v_proj)
        if not untouched or not packs(hidden_states, self.q_proj.weight):
            given = (position_embeddings, attention_mask, past_key_values)
            plain: tuple[torch.Tensor, torch.Tensor | None] = super().forward(
                hidden_states, *given, **options
            )
            return plain
        batch, length, _ = hidden_states.shape
        key_heads = self.k_proj.out_features // self.head_dim
        query_heads = self.q_proj.out_features // self.head_dim
        heads = self._packed.multiply(hidden_states).view(batch, length, -1, self.head_dim).transpose(1, 2)
        turning, value = heads.split([query_heads + key_heads, key_heads], dim=1)
        cos, sin = (part.unsqueeze(1) for part in position_embeddings)
        query, key = (turning * cos + rotate_half(turning) * sin).split([query_heads, key_heads], dim=1)
        if past_key_values is not None:
            key, value = past_key_values.update(key, value, self.layer_idx)
        attended, weights = attend(self, query, key, value, attention_mask, self.scaling, **options)
        return self.o_proj(attended.reshape(batch, length, -1)), weights


class ServedFeedForward(LlamaMLP):
    """Gate and content come out of one product."""

    def __init__(self, feed_forward: LlamaMLP) -> None:
        with torch.device("meta"):  # room for the layers that are put in below
            super().__init__(feed_forward.config)
        for name in ("gate_proj", "up_proj", "down_proj"):
            setattr(self, name, ServedLinear(getattr(feed_forward, name)))
        self.train(feed_forward.training)
        self._packed = PackedWeights(self.gate_proj, self.up_proj)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """What transformers calls; ``x`` has the shape (batch, length, width)."""
        untouched = self._packed.are_of(self.gate_proj, self.up_proj)
        if not untouched or not packs(x, self.gate_proj.weight):
            plain: torch.Tensor = super().forward(x)
            return plain
        gate, content = self._packed.multiply(x).chunk(2, dim=-1)
        projected: torch.Tensor = self.down_proj(self.act_fn(gate) * content)
        return projected


def _is_plain(layer: torch.nn.Module) -> bool:
    is_linear = type(layer) is torch.nn.Linear and layer.bias is None
    return is_linear or not list(layer.parameters())


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
