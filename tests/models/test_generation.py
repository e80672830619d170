"""The decoding loop over a tiny random Llama, held against transformers' own greedy ``generate``."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import llguidance.hf
import numpy as np
import pytest
import tokenizers
import torch
from tokenizers import decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from docvlm.errors import Cancelled, ModelError
from docvlm.models.cached_model import CachedModel
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


class Counting(CachedModel):
    """A continuation that counts forward passes."""

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        self.passes = 0

    def forward(self, token_ids: Sequence[int], keep: int = 1, **pixels: torch.Tensor) -> torch.Tensor:
        self.passes += 1
        return super().forward(token_ids, keep, **pixels)


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


def draft_of(ids: Sequence[int], tokenizer: Any) -> Callable[[str], list[int]]:
    """Drafts the tokens of a reply behind as many as were said."""
    texts = [tokenizer.decode(ids[:count]).rstrip("\ufffd") for count in range(len(ids) + 1)]
    return lambda said: list(ids[len(ids) - texts[::-1].index(said) :]) if said in texts else []


def test_drafts_change_the_speed_and_not_the_reply(model: Any, tokenizer: Any) -> None:
    prompt = tokenizer("company: Acme").input_ids
    plain = Counting(model)
    expected = list(generate_tokens(plain, prompt, tokenizer, frozenset({END}), 24))
    reply_ids = list(plain.token_ids[len(prompt) :])
    for drafted in (reply_ids, [*reply_ids[:9], 7, 7, *reply_ids[9:]], reply_ids[::-1]):
        guessing = Counting(model)
        draft = draft_of(drafted, tokenizer)
        steps = list(generate_tokens(guessing, prompt, tokenizer, frozenset({END}), 24, draft=draft))
        assert [step.text for step in steps] == [step.text for step in expected]
        assert [step.probability for step in steps] == pytest.approx(
            [step.probability for step in expected], rel=1e-3
        )
        assert guessing.length == len(guessing.token_ids)
        if drafted is reply_ids:
            assert guessing.passes < plain.passes / 2


def test_drafts_and_forced_tokens_go_together(model: Any, tokenizer: Any) -> None:
    """Also where a draft is longer than what may be checked at once, or against the grammar."""
    lark = '%llguidance {}\nstart: "company:" (" Acme" | " Trading")+ " total: 9.00\\n"'
    tokens = llguidance.hf.from_tokenizer(tokenizer)
    texts, passes = [], []
    for drafted in ("", " Acme" * 30, " Trading Trading total: 9.00\n", "\n", " Trading" * 30):
        grammar = GrammarState(tokens, lark)
        draft_ids = tokenizer(drafted).input_ids
        counting = Counting(model)
        steps = generate_tokens(
            counting, [5], tokenizer, frozenset({END}), 60, grammar, None, lambda _, ids=draft_ids: ids
        )
        texts.append("".join(step.text for step in steps))
        passes.append(counting.passes)
    assert len(set(texts)) == 1
    assert max(passes) == passes[0]


class Preferring:
    """A continuation that gives the tokens it is told their probabilities, and all others none."""

    def __init__(self, preferences: dict[int, float], vocabulary: int) -> None:
        self._logits = torch.full((vocabulary,), -30.0)
        for token_id, probability in preferences.items():
            self._logits[token_id] = float(np.log(probability))

    def forward(self, token_ids: Sequence[int], keep: int = 1) -> torch.Tensor:
        return self._logits.repeat(keep, 1)

    def drop(self, count: int) -> None: ...


@pytest.mark.parametrize(
    ("not_found", "acme", "trading", "expected"),
    [
        (0.40, 0.35, 0.25, "Acme"),  # some value is likelier than none
        (0.40, 0.25, 0.35, "Trading"),
        (0.55, 0.30, 0.15, " not found"),
        (0.20, 0.70, 0.10, "Acme"),
    ],
)
def test_absence_is_said_where_it_is_likelier_than_all_values_together(
    tokenizer: Any, not_found: float, acme: float, trading: float, expected: str
) -> None:
    lark = '%llguidance {}\nstart: "company:" ("Acme" | "Trading" | " not found") "\\n"'
    absent_ids = tokenizer(" not found").input_ids
    preferences = {absent_ids[0]: not_found}
    for text, probability in (("Acme", acme), ("Trading", trading)):
        preferences[tokenizer(text).input_ids[0]] = probability

    def reply(absent_ids: Sequence[int]) -> tuple[str, float | None]:
        grammar = GrammarState(llguidance.hf.from_tokenizer(tokenizer), lark)
        continuation = Preferring(preferences, len(tokenizer))
        steps = list(
            generate_tokens(
                continuation, [5], tokenizer, frozenset({END}), 60, grammar, absent_ids=absent_ids
            )
        )
        (decided, *_) = [step for step in steps if not step.forced]
        return "".join(step.text for step in steps), decided.probability

    text, probability = reply(absent_ids)
    assert text == f"company:{expected}\n"
    given = {" not found": not_found, "Acme": acme, "Trading": trading}
    assert probability == pytest.approx(given[expected], abs=0.01)
    assert reply(())[0] == f"company:{max(given, key=lambda choice: given[choice])}\n"


def test_a_value_that_begins_like_absence_is_written_to_its_end(tokenizer: Any) -> None:
    """Inside a run the words are no statement about the field, also where the page holds both."""
    lark = '%llguidance {}\nstart: "company:" " Acme" (" not found" | " Trading" | "\\n") "\\n"'
    absent_ids = tokenizer(" not found").input_ids
    preferences = {absent_ids[0]: 0.4, tokenizer(" Trading").input_ids[0]: 0.3}
    preferences[tokenizer("\n").input_ids[0]] = 0.3
    grammar = GrammarState(llguidance.hf.from_tokenizer(tokenizer), lark)
    continuation = Preferring(preferences, len(tokenizer))
    steps = generate_tokens(
        continuation, [5], tokenizer, frozenset({END}), 60, grammar, absent_ids=absent_ids
    )
    assert "".join(step.text for step in steps) == "company: Acme not found\n"


def test_a_model_that_gives_no_numbers_is_still_held_to_its_grammar(tokenizer: Any) -> None:
    """A training that went astray is told from its loss, not from a reply that cannot be written."""
    lark = '%llguidance {}\nstart: "company:" ("Acme" | "Trading") "\\n"'
    grammar = GrammarState(llguidance.hf.from_tokenizer(tokenizer), lark)
    astray = Preferring({token_id: float("nan") for token_id in range(len(tokenizer))}, len(tokenizer))
    steps = list(generate_tokens(astray, [5], tokenizer, frozenset({END}), 60, grammar))
    assert "".join(step.text for step in steps) in ("company:Acme\n", "company:Trading\n")
