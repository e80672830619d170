"""Token by token: greedy decoding under a grammar, with forced tokens fed in one pass.

Every engine shares this loop. Where the grammar leaves no choice (keys, the rest of a word that can
only be one word of the page) the tokens are appended without asking the model, so the reply costs one
forward pass for each *decision*, not for each token; where a draft foresaw the decisions, one for many.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import llguidance
import llguidance.numpy
import numpy as np
import torch

from docvlm.errors import Cancelled, ModelError
from docvlm.types import TokenStep

_BEFORE_VALUE = ":"
"""Stands between a name and its value in every reply."""

MOST_DRAFTED = 64
"""Tokens that are checked in one pass."""


class Continuation(Protocol):
    """A model whose cache already holds the prompt so far."""

    def forward(self, token_ids: Sequence[int], keep: int = 1) -> torch.Tensor:
        """Append ``token_ids`` and return the logits after the last ``keep``, shape (keep, vocabulary)."""

    def drop(self, count: int) -> None:
        """Take back the last ``count`` tokens."""


class Detokenizer(Protocol):
    """The part of a tokenizer that turns ids into text."""

    def decode(self, token_ids: list[int], skip_special_tokens: bool = False) -> str: ...


class GrammarState:
    """Where a reply stands in an llguidance grammar."""

    def __init__(self, tokenizer: llguidance.LLTokenizer, grammar: str) -> None:
        self._matcher = llguidance.LLMatcher(tokenizer, grammar)
        self._mask = llguidance.numpy.allocate_token_bitmask(1, tokenizer.vocab_size)
        self._raise_on_error()

    @property
    def finished(self) -> bool:
        """True once nothing but the end of the reply may follow."""
        return bool(self._matcher.is_stopped())

    def forbid(self, logits: torch.Tensor) -> torch.Tensor:
        """A copy of ``logits`` (vocabulary,) with minus infinity where the grammar forbids a token."""
        llguidance.numpy.fill_next_token_bitmask(self._matcher, self._mask, 0)
        self._raise_on_error()
        bits = np.unpackbits(self._mask[0].view(np.uint8), bitorder="little")
        # A model's vocabulary may be padded past the tokenizer's; those ids mean nothing.
        forbidden = np.ones(logits.shape[0], dtype=bool)
        known = min(len(bits), len(forbidden))
        forbidden[:known] = bits[:known] == 0
        return logits.masked_fill(torch.from_numpy(forbidden).to(logits.device), float("-inf"))

    def valid(self, token_ids: Sequence[int]) -> int:
        """How many of ``token_ids``, from the first, may follow here."""
        return int(self._matcher.validate_tokens(list(token_ids)))

    def consume(self, token_id: int) -> None:
        self._matcher.consume_token(token_id)
        self._raise_on_error()

    def consume_forced(self) -> list[int]:
        """Take in the tokens that must come next and return them."""
        forced = list(self._matcher.compute_ff_tokens())
        for token_id in forced:
            self.consume(token_id)
        return forced

    def _raise_on_error(self) -> None:
        error = self._matcher.get_error()
        if error:
            raise ModelError(
                f"The reply could not be held to its grammar: {error.splitlines()[0].rstrip('.')}.",
                "Ask for fewer fields, or about fewer pages, at a time.",
            )


class TextStream:
    """Turns a growing list of token ids into pieces of text, holding back incomplete characters."""

    def __init__(self, tokenizer: Detokenizer) -> None:
        self.text = ""
        self._tokenizer = tokenizer
        self._ids: list[int] = []

    def push(self, token_id: int) -> str:
        self._ids.append(token_id)
        text = self._tokenizer.decode(self._ids, skip_special_tokens=True)
        if text.endswith("\ufffd"):
            return ""
        piece = text[len(self.text) :]
        self.text = text
        return piece


def generate_tokens(
    continuation: Continuation,
    prompt_ids: Sequence[int],
    tokenizer: Detokenizer,
    end_ids: frozenset[int],
    max_tokens: int,
    grammar: GrammarState | None = None,
    cancel: threading.Event | None = None,
    draft: Callable[[str], Sequence[int]] | None = None,
    absent_ids: Sequence[int] = (),
) -> Iterator[TokenStep]:
    """Decode greedily from ``prompt_ids`` until the end of the reply.

    Args:
        prompt_ids: the tokens after the cached prefix; at least one unless the grammar forces some.
        end_ids: tokens that end the reply; they are not part of the stream.
        max_tokens: at most this many tokens, forced ones included.
        draft: given the reply so far, the tokens that probably follow; wrong ones change nothing.
        absent_ids: the tokens with which a value says that it is not there (``GenerationRequest.absent``).

    Raises:
        Cancelled: soon after ``cancel`` was set.
        ModelError: when the grammar is broken.
    """
    stream = TextStream(tokenizer)
    reply: list[int] = []
    forced = _consume_forced(grammar)
    pending = [*prompt_ids, *forced]
    yield from _forced_steps(forced, stream, reply)
    while not _ended(reply, end_ids, max_tokens, grammar):
        if cancel is not None and cancel.is_set():
            raise Cancelled
        guess = list(draft(stream.text)[:MOST_DRAFTED]) if draft else []
        if grammar:
            guess = guess[: grammar.valid(guess)]
        logits = continuation.forward([*pending, *guess], keep=1 + len(guess)).float()
        pending = []
        right = 0  # tokens of the guess that the model itself chose, or the grammar forced
        while not pending:
            is_value_start = stream.text.endswith(_BEFORE_VALUE)
            token_id, probability = _choose(logits[right], grammar, absent_ids if is_value_start else ())
            if token_id in end_ids:
                return
            forced = _consume_forced(grammar)
            reply.append(token_id)
            yield TokenStep(stream.push(token_id), probability, forced=False)
            yield from _forced_steps(forced, stream, reply)
            if _ended(reply, end_ids, max_tokens, grammar):
                return
            for chosen in (token_id, *forced):
                if not pending and guess[right : right + 1] == [chosen]:
                    right += 1
                else:
                    pending.append(chosen)
        continuation.drop(len(guess) - right)


def _choose(
    logits: torch.Tensor, grammar: GrammarState | None, absent_ids: Sequence[int] = ()
) -> tuple[int, float]:
    """The likeliest token that is allowed, and its probability among the allowed ones.

    ``absent_ids`` are one choice beside many values: they may be the likeliest one though the model holds
    that some value is there, and are passed over then.
    """
    allowed = grammar.forbid(logits) if grammar else logits
    # Of the logits: one NaN makes every probability NaN, also of what is forbidden.
    token_id = int(allowed.argmax())
    probabilities = torch.softmax(allowed, dim=-1)
    if grammar and absent_ids and token_id == absent_ids[0] and grammar.valid(absent_ids) == len(absent_ids):
        others = probabilities.index_fill(0, torch.tensor([token_id], device=logits.device), 0.0)
        if probabilities[token_id] <= others.sum():
            token_id = int(others.argmax())
    if grammar:
        grammar.consume(token_id)
    return token_id, float(probabilities[token_id])


def _consume_forced(grammar: GrammarState | None) -> list[int]:
    return grammar.consume_forced() if grammar else []


def _forced_steps(forced: Sequence[int], stream: TextStream, reply: list[int]) -> Iterator[TokenStep]:
    for token_id in forced:
        reply.append(token_id)
        yield TokenStep(stream.push(token_id), 1.0, forced=True)


def _ended(
    reply: Sequence[int], end_ids: frozenset[int], max_tokens: int, grammar: GrammarState | None
) -> bool:
    finished = grammar is not None and grammar.finished
    return finished or len(reply) >= max_tokens or bool(reply and reply[-1] in end_ids)
