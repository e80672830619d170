"""docvlm-mini: the model that works without a hub, a GPU or a label.

Its language model reads the page's words (DESIGN: reader text); the vision tower joins it when its
trained weights are shipped. Until then ``card.sees_pixels`` is False and the card says so.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import llguidance.hf
import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache

from docvlm.errors import ModelError
from docvlm.models.adapter import merge_adapter
from docvlm.models.cached_model import CachedModel
from docvlm.models.chat import ChatEncoder
from docvlm.models.device import pick_device, pick_dtype
from docvlm.models.generation import GrammarState, generate_tokens
from docvlm.models.language_model import WHEEL_SHA256, Report, ensure_language_model
from docvlm.models.prefix_cache import Prefix, PrefixCache
from docvlm.models.protocol import EngineCard, GenerationRequest, PageInput, TokenStep
from docvlm.tiling import Budget, TilePlan, plan_tiles

SHIPPED_ADAPTER = Path(__file__).parent.parent / "weights" / "adapter"
CONTEXT_TOKENS = 8192
CACHE_TOKENS = 6144  # about 46 kB a token in float32

_PAGE_ONLY_NOTE = "The embedded model reads the page's words; it does not see the picture yet."
_UNTUNED_NOTE = "It has not been trained on documents yet: check its answers."


class EmbeddedEngine:
    """The embedded language model with docvlm's adapter and, on top, the user's own.

    Args:
        model_cache: where unpacked weights lie; filled on first use.
        adapter: folder of a PEFT adapter made by ``finetune``, or None.
        threads: CPU threads, or None for torch's choice.

    Raises:
        ModelError: when weights are missing, damaged or made for another base.
    """

    def __init__(
        self,
        model_cache: Path,
        adapter: Path | None = None,
        threads: int | None = None,
        report: Report = lambda _line: None,
    ) -> None:
        transformers.utils.logging.disable_progress_bar()
        folder = ensure_language_model(model_cache, report)
        if threads:
            torch.set_num_threads(threads)
        report("Loading the embedded model.")
        self._device = pick_device()
        shipped = [SHIPPED_ADAPTER] if SHIPPED_ADAPTER.is_dir() else []
        adapters = [*shipped, *([adapter] if adapter else [])]
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = _load_model(folder, adapters, self._device)
        self._grammar_tokenizer = llguidance.hf.from_tokenizer(self._tokenizer)
        self._chat = ChatEncoder(self._tokenizer)
        self._prefixes = PrefixCache(CACHE_TOKENS)
        self._lock = threading.Lock()
        self._end_ids = frozenset({self._tokenizer.eos_token_id})
        note = _PAGE_ONLY_NOTE if shipped else f"{_PAGE_ONLY_NOTE} {_UNTUNED_NOTE}"
        self._card = EngineCard("embedded", _revision(adapters), sees_pixels=False, note=note)

    @property
    def card(self) -> EngineCard:
        return self._card

    def plan_page(self, width: int, height: int, budget: Budget) -> TilePlan:
        return plan_tiles(width, height, budget)

    def count_tokens(self, text: str) -> int:
        return len(self._chat.plain(text))

    def prompt_ids(self, page: PageInput, request: GenerationRequest) -> list[int]:
        """The whole prompt, page included, as one run of tokens."""
        return self._chat.page(page.reader_text) + self._chat.prompt(request.prompt, request.reply_start)

    def generate(
        self, page: PageInput, request: GenerationRequest, cancel: threading.Event | None = None
    ) -> Iterator[TokenStep]:
        with self._lock:
            prefix = self._prefix(page)
            prompt_ids = self._chat.prompt(request.prompt, request.reply_start)
            _check_length(prefix.length + len(prompt_ids), request.max_tokens)
            grammar = GrammarState(self._grammar_tokenizer, request.grammar) if request.grammar else None
            try:
                yield from generate_tokens(
                    CachedModel(self.model, prefix.cache, self._device),
                    prompt_ids,
                    self._tokenizer,
                    self._end_ids,
                    request.max_tokens,
                    grammar,
                    cancel,
                )
            finally:
                prefix.rewind()

    def close(self) -> None:
        with self._lock:
            self._prefixes.clear()

    def _prefix(self, page: PageInput) -> Prefix:
        """The page inside the model, computed once for each ``page.key``."""
        known = self._prefixes.get(page.key)
        if known is not None:
            return known
        token_ids = self._chat.page(page.reader_text)
        _check_length(len(token_ids), 0)
        cache = DynamicCache()
        CachedModel(self.model, cache, self._device).forward(token_ids)
        prefix = Prefix(cache, len(token_ids))
        self._prefixes.put(page.key, prefix)
        return prefix


def _check_length(prompt_tokens: int, reply_tokens: int) -> None:
    if prompt_tokens + reply_tokens > CONTEXT_TOKENS:
        raise ModelError(
            f"The page and the question take {prompt_tokens} tokens; the embedded model has room for "
            f"{CONTEXT_TOKENS - reply_tokens}.",
            "Ask about fewer pages or a shorter part of the page.",
        )


def _load_model(folder: Path, adapters: Sequence[Path], device: torch.device) -> Any:
    """The language model with every adapter merged in, so that they cost nothing at run time."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=pick_dtype(device))
    for adapter in adapters:
        model = merge_adapter(model, adapter, "the embedded model")
    return model.to(device).eval()


def _revision(adapters: Sequence[Path]) -> str:
    """A short hash of the language model and of every adapter's weights."""
    digest = hashlib.sha256(WHEEL_SHA256.encode())
    for adapter in adapters:
        digest.update((adapter / "adapter_model.safetensors").read_bytes())
    return digest.hexdigest()[:12]
