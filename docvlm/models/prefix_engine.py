"""What the engines that run here share: pages computed once, and replies that take turns on the model."""

from __future__ import annotations

import contextlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import llguidance.hf
import torch

from docvlm.errors import Cancelled, ModelError
from docvlm.models.cached_model import CachedModel
from docvlm.models.device import pick_device, pick_dtype
from docvlm.models.generation import GrammarState, generate_tokens
from docvlm.models.prefix_cache import PrefixCache
from docvlm.models.protocol import EngineCard, GenerationRequest, PageInput
from docvlm.tiling import Budget, TilePlan, native_views
from docvlm.types import RgbImage, TokenStep

PREFILL_TOKENS = 512
_CANCEL_CHECK_SECONDS = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class EncodedPage:
    """A page as a model takes it in.

    Attributes:
        token_ids: the conversation up to and including the page.
        pixels: the picture as keyword arguments of the model's ``forward``; empty without one.
    """

    token_ids: list[int]
    pixels: dict[str, torch.Tensor] = field(default_factory=dict)


class PromptEncoder(Protocol):
    """The part of a chat frame that is the same with and without a picture."""

    def plain(self, text: str) -> list[int]: ...

    def prompt(self, prompt: str, reply_start: str = "") -> list[int]: ...


class Turns:
    """Lets one thread at a time use the model. Waiting ends early where the caller cancels."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def take(self, cancel: threading.Event | None = None) -> Iterator[None]:
        """Wait for a turn and hold it.

        Raises:
            Cancelled: when ``cancel`` is set before the turn has come.
        """
        while not self._lock.acquire(timeout=_CANCEL_CHECK_SECONDS):
            _raise_if_set(cancel)
        try:
            _raise_if_set(cancel)
            yield
        finally:
            self._lock.release()


class PrefixEngine(ABC):
    """An engine that computes a page's part of the prompt once and starts every reply from there.

    A turn on the model lasts for a page or for one forward pass of a reply and never across a ``yield``:
    replies may be read side by side, half-way or by changing threads.

    Args:
        model: a transformers model on its device, in evaluation mode.
        tokenizer: its fast tokenizer.
        chat: encodes what people and documents say.
        end_ids: the tokens that end a reply.
        card: what the engine says of itself.
        context_tokens: the most tokens of prompt and reply together.
        cache_tokens: the most tokens of pages to keep.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        chat: PromptEncoder,
        end_ids: frozenset[int],
        card: EngineCard,
        context_tokens: int,
        cache_tokens: int,
    ) -> None:
        self.model = model
        self._tokenizer = tokenizer
        self._grammar_tokenizer = llguidance.hf.from_tokenizer(tokenizer, eos_token=sorted(end_ids))
        self._prompts = chat
        self._end_ids = end_ids
        self._card = card
        self._context_tokens = context_tokens
        self._prefixes = PrefixCache(cache_tokens)
        self._turns = Turns()

    @abstractmethod
    def encode_page(self, page: PageInput) -> EncodedPage:
        """The conversation up to and including the page."""

    @abstractmethod
    def plan_page(self, width: int, height: int, budget: Budget) -> TilePlan:
        """How this engine cuts a page (see ``Engine.plan_page``)."""

    def views(self, image: RgbImage, plan: TilePlan) -> tuple[RgbImage, ...]:
        return native_views(image, plan)

    @property
    def card(self) -> EngineCard:
        return self._card

    @property
    def prompts(self) -> PromptEncoder:
        """Encodes requests and replies, for training too."""
        return self._prompts

    @property
    def end_id(self) -> int:
        """The token that a trained reply ends with: the tokenizer's own end."""
        return int(self._tokenizer.eos_token_id)

    def count_tokens(self, text: str) -> int:
        return len(self._prompts.plain(text))

    def prompt_ids(self, page: PageInput, request: GenerationRequest) -> list[int]:
        """The whole prompt, page included, as one run of tokens."""
        request_ids = self._prompts.prompt(request.prompt, request.reply_start)
        return self.encode_page(page).token_ids + request_ids

    def generate(
        self, page: PageInput, request: GenerationRequest, cancel: threading.Event | None = None
    ) -> Iterator[TokenStep]:
        with self._turns.take(cancel):
            reply = self._prefix(page, cancel).fork()
        request_ids = self._prompts.prompt(request.prompt, request.reply_start)
        self._check_length(reply.length + len(request_ids), request.max_tokens)
        grammar = GrammarState(self._grammar_tokenizer, request.grammar) if request.grammar else None
        yield from generate_tokens(
            _TurnTaking(reply, self._turns, cancel),
            request_ids,
            self._tokenizer,
            self._end_ids,
            request.max_tokens,
            grammar,
            cancel,
            self._drafted(request),
            self._grammar_tokenizer.tokenize_str(request.absent),
        )

    def _drafted(self, request: GenerationRequest) -> Callable[[str], list[int]] | None:
        draft = request.draft
        return None if draft is None else lambda reply: self._grammar_tokenizer.tokenize_str(draft(reply))

    def move(self) -> None:
        """Bring the weights to the device that ``pick_device`` names now, unless they are there."""
        device = pick_device()
        if self.model.device.type != device.type:
            self.model.to(device, pick_dtype(device))

    def save(self, folder: Path) -> None:
        """Write the weights as they are used, adapters merged in, with the tokenizer."""
        self.model.save_pretrained(folder, safe_serialization=True)
        self._tokenizer.save_pretrained(folder)

    def close(self) -> None:
        """Forget the pages."""
        with self._turns.take():
            self._prefixes.clear()

    def _prefix(self, page: PageInput, cancel: threading.Event | None) -> CachedModel:
        """The model after it has seen the page, computed once for each ``page.key``."""
        known = self._prefixes.get(page.key)
        if known is not None:
            return known
        encoded = self.encode_page(page)
        ids = encoded.token_ids
        self._check_length(len(ids), 0)
        prefix = CachedModel(self.model)
        # A model takes in a picture's pixels together with all of its tokens.
        portion = len(ids) if encoded.pixels else PREFILL_TOKENS
        for start in range(0, len(ids), portion):
            _raise_if_set(cancel)
            prefix.forward(ids[start : start + portion], 1, **encoded.pixels)
        self._prefixes.put(page.key, prefix)
        return prefix

    def _check_length(self, prompt_tokens: int, reply_tokens: int) -> None:
        if prompt_tokens + reply_tokens > self._context_tokens:
            raise ModelError(
                f"The page and the question take {prompt_tokens} tokens; the model '{self._card.name}' has "
                f"room for {self._context_tokens - reply_tokens}.",
                "Ask about fewer pages or a smaller part of the page.",
            )


@dataclass(frozen=True, slots=True)
class _TurnTaking:
    """A reply's model, which waits for its turn before each forward pass."""

    model: CachedModel
    turns: Turns
    cancel: threading.Event | None

    def forward(self, token_ids: Sequence[int], keep: int = 1) -> torch.Tensor:
        with self.turns.take(self.cancel):
            return self.model.forward(token_ids, keep)

    def drop(self, count: int) -> None:
        self.model.drop(count)


def _raise_if_set(cancel: threading.Event | None) -> None:
    if cancel is not None and cancel.is_set():
        raise Cancelled
