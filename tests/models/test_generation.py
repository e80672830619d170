"""The decoding loop over a tiny random Llama, held against transformers' own greedy ``generate``."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import llguidance.hf
import pytest
import tokenizers
import torch
from tokenizers import decoders, models, pre_tokenizers, trainers
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from docvlm.errors import Cancelled, ModelError
from docvlm.models.generation import GrammarState, TextStream, generate_tokens

END = 0


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    raw = tokenizers.Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<end>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    raw.train_from_iterator(["total: 9.00 not found", "company: Acme Trading"], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<end>")


@pytest.fixture(scope="module")
def model(tokenizer: Any) -> Any:
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        initializer_range=0.3,  # large enough for the random model to prefer one token over the others
        eos_token_id=END,
        pad_token_id=END,
    )
    return LlamaForCausalLM(config).eval()


class Counting:
    """A continuation that counts forward passes."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.cache = DynamicCache(config=model.config)
        self.passes = 0

    @torch.inference_mode()
    def forward(self, token_ids: Sequence[int]) -> torch.Tensor:
        self.passes += 1
        output = self.model(
            input_ids=torch.tensor([list(token_ids)]), past_key_values=self.cache, use_cache=True
        )
        logits: torch.Tensor = output.logits[0, -1]
        return logits


def test_free_text_equals_greedy_generate(model: Any, tokenizer: Any) -> None:
    prompt = tokenizer("company: Acme").input_ids
    steps = list(generate_tokens(Counting(model), prompt, tokenizer, frozenset({END}), 12))
    expected = model.generate(torch.tensor([prompt]), max_new_tokens=12, do_sample=False)[0, len(prompt) :]
    text = tokenizer.decode(expected, skip_special_tokens=True)
    assert "".join(step.text for step in steps) == text.rstrip("\ufffd")  # half a character is held back
    assert all(0 < step.probability <= 1 and not step.forced for step in steps)


def test_a_grammar_is_obeyed_and_costs_one_pass_a_decision(model: Any, tokenizer: Any) -> None:
    lark = '%llguidance {}\nstart: "company:" (" Acme" | " Trading") "\\n"'
    grammar = GrammarState(llguidance.hf.from_tokenizer(tokenizer), lark)
    continuation = Counting(model)
    steps = list(generate_tokens(continuation, [5], tokenizer, frozenset({END}), 64, grammar))
    text = "".join(step.text for step in steps)
    assert text in ("company: Acme\n", "company: Trading\n")
    decisions = sum(not step.forced for step in steps)
    assert continuation.passes <= decisions + 1
    assert decisions < len(steps)


def test_the_length_limit_counts_forced_tokens(model: Any, tokenizer: Any) -> None:
    grammar = GrammarState(llguidance.hf.from_tokenizer(tokenizer), '%llguidance {}\nstart: "company: Acme"')
    steps = list(generate_tokens(Counting(model), [5], tokenizer, frozenset({END}), 2, grammar))
    assert len("".join(step.text for step in steps)) <= len("company: Acme")


def test_cancelling_stops_before_the_next_pass(model: Any, tokenizer: Any) -> None:
    cancel = threading.Event()
    stream = generate_tokens(Counting(model), [5], tokenizer, frozenset({END}), 50, cancel=cancel)
    next(stream)
    cancel.set()
    with pytest.raises(Cancelled):
        list(stream)


def test_a_broken_grammar_is_a_sentence(tokenizer: Any) -> None:
    with pytest.raises(ModelError, match="grammar"):
        GrammarState(llguidance.hf.from_tokenizer(tokenizer), "%llguidance {}\nstart: missing_rule")


def test_incomplete_characters_are_held_back(tokenizer: Any) -> None:
    stream = TextStream(tokenizer)
    pieces = [stream.push(token_id) for token_id in tokenizer("é9").input_ids]
    assert "".join(pieces) == "é9"
    assert all("\ufffd" not in piece for piece in pieces)
