"""A language model small enough to serve in a test: random weights in llama.cpp's own format."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
from tokenizers import pre_tokenizers

_CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
_CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_WIDTH, _INNER, _LAYERS, _HEADS, _CONTEXT = 32, 48, 2, 4, 8192


def save_tiny_gguf(path: Path) -> Path:
    """Write a random Llama whose tokens are bytes (and one pair, because llama.cpp wants a merge)."""
    tokens = [*_CONTROL, *sorted(pre_tokenizers.ByteLevel.alphabet()), "Ġt"]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(_CONTEXT)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_INNER)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    kinds = [gguf.TokenType.CONTROL] * len(_CONTROL)
    writer.add_token_types([*kinds, *[gguf.TokenType.NORMAL] * (len(tokens) - len(_CONTROL))])
    writer.add_token_merges(["Ġ t"])
    writer.add_eos_token_id(2)
    writer.add_bos_token_id(1)
    writer.add_chat_template(_CHATML)
    for name, shape in _shapes(len(tokens)).items():
        writer.add_tensor(name, _weights(name, shape))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _shapes(vocabulary: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (vocabulary, _WIDTH),
        "output.weight": (vocabulary, _WIDTH),
        "output_norm.weight": (_WIDTH,),
    }
    for layer in range(_LAYERS):
        block = f"blk.{layer}"
        shapes |= {f"{block}.{name}_norm.weight": (_WIDTH,) for name in ("attn", "ffn")}
        shapes |= {f"{block}.attn_{name}.weight": (_WIDTH, _WIDTH) for name in ("q", "k", "v", "output")}
        shapes |= {f"{block}.ffn_{name}.weight": (_INNER, _WIDTH) for name in ("gate", "up")}
        shapes[f"{block}.ffn_down.weight"] = (_WIDTH, _INNER)
    return shapes


def _weights(name: str, shape: tuple[int, ...]) -> np.ndarray:
    if len(shape) == 1:
        return np.ones(shape, dtype=np.float32)
    random = np.random.default_rng(sum(name.encode()))
    return (random.standard_normal(shape) * 0.3).astype(np.float32)
