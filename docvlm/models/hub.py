"""Any Idefics2, Idefics3, SmolVLM or Qwen2.5-VL checkpoint, by Hub name or folder."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import llguidance.hf
import torch
from transformers import DynamicCache

from docvlm.errors import Cancelled, ModelError
from docvlm.models.cached_model import CachedModel
from docvlm.models.checkpoint import Checkpoint, load_checkpoint
from docvlm.models.device import pick_device
from docvlm.models.generation import GrammarState, generate_tokens
from docvlm.models.language_model import Report
from docvlm.models.prefix_cache import Prefix, PrefixCache
from docvlm.models.protocol import EngineCard, GenerationRequest, PageInput, TokenStep
from docvlm.models.resampling import fast_resize
from docvlm.models.vision_chat import VisionChat
from docvlm.tiling import Budget, TilePlan
from docvlm.types import RgbImage

CACHE_TOKENS = 16_384
_END_OF_TURN = ("<end_of_utterance>", "<|im_end|>")
_MANY_PARAMETERS = 1_000_000_000


class HubEngine:
    """A published checkpoint that sees the page, cut the way it was trained on, and reads its words.

    Args:
        name: a folder, or a name on the Hub.
        adapter: folder of a PEFT adapter trained on this checkpoint, or None.
        threads: CPU threads, or None for torch's choice.
        report: called with one sentence for each slow step.

    Raises:
        ModelError: when the checkpoint or the adapter cannot be had, is damaged or does not fit.
    """

    def __init__(
        self,
        name: str,
        adapter: Path | None = None,
        threads: int | None = None,
        report: Report = lambda _line: None,
    ) -> None:
        if threads:
            torch.set_num_threads(threads)
        report(f"Loading {name}.")
        self._device = pick_device()
        checkpoint = load_checkpoint(name, self._device, adapter)
        self.model = checkpoint.model
        self._contract = checkpoint.contract
        self._context_tokens = checkpoint.context_tokens
        self._tokenizer = checkpoint.tokenizer
        self._chat = VisionChat(checkpoint.tokenizer, checkpoint.chat_template, checkpoint.image_token)
        self._end_ids = _end_ids(checkpoint)
        self._grammar_tokenizer = llguidance.hf.from_tokenizer(
            checkpoint.tokenizer, eos_token=sorted(self._end_ids)
        )
        self._prefixes = PrefixCache(CACHE_TOKENS)
        self._lock = threading.Lock()
        note = _cpu_note(checkpoint.model, self._device)
        self._card = EngineCard(name, checkpoint.revision, sees_pixels=True, note=note)

    @property
    def card(self) -> EngineCard:
        return self._card

    def count_tokens(self, text: str) -> int:
        return len(self._chat.plain(text))

    def plan_page(self, width: int, height: int, budget: Budget | None = None) -> TilePlan:
        """How this checkpoint cuts a page: by its own contract, whatever the budget."""
        return self._contract.plan(width, height)

    def generate(
        self, page: PageInput, request: GenerationRequest, cancel: threading.Event | None = None
    ) -> Iterator[TokenStep]:
        with self._lock:
            if cancel is not None and cancel.is_set():
                raise Cancelled
            prefix = self._prefix(page)
            prompt_ids = self._chat.prompt(request.prompt, request.reply_start)
            self._check_length(prefix.length + len(prompt_ids), request.max_tokens)
            grammar = GrammarState(self._grammar_tokenizer, request.grammar) if request.grammar else None
            _set_position_offset(self.model, prefix.extra)
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
        """The page inside the model, vision features included, computed once for each ``page.key``."""
        known = self._prefixes.get(page.key)
        if known is not None:
            return known
        plan = page.plan
        if plan is None and page.image is not None:
            plan = self.plan_page(page.image.shape[1], page.image.shape[0])
        image_prompt = None if plan is None else self._contract.prompt(plan)
        token_ids = self._chat.page(page.reader_text, image_prompt)
        self._check_length(len(token_ids), 0)
        pixels: dict[str, torch.Tensor] = {}
        if plan is not None and page.image is not None:
            pixels = self._pixel_arguments(page.image, plan, token_ids)
        cache = DynamicCache()
        _set_position_offset(self.model, None)
        CachedModel(self.model, cache, self._device).forward(token_ids, **pixels)
        prefix = Prefix(cache, len(token_ids), extra=_position_offset(self.model))
        self._prefixes.put(page.key, prefix)
        return prefix

    def _pixel_arguments(
        self, image: RgbImage, plan: TilePlan, token_ids: Sequence[int]
    ) -> dict[str, torch.Tensor]:
        """The page as keyword arguments of the model's ``forward``."""
        tensors = self._contract.tensors(image, plan, fast_resize)
        pixel_values = torch.from_numpy(tensors.pixel_values).to(self._device, self.model.dtype)
        arguments = {"pixel_values": pixel_values}
        if tensors.pixel_attention_mask is not None:
            mask = torch.from_numpy(tensors.pixel_attention_mask)
            arguments["pixel_attention_mask"] = mask.to(self._device)
        if tensors.image_grid_thw is not None:
            arguments["image_grid_thw"] = torch.from_numpy(tensors.image_grid_thw).to(self._device)
            # Qwen's positions along height and width need to know which tokens are the image's.
            ids = torch.tensor([list(token_ids)], device=self._device)
            arguments["mm_token_type_ids"] = (ids == self.model.config.image_token_id).int()
        return arguments

    def _check_length(self, prompt_tokens: int, reply_tokens: int) -> None:
        if prompt_tokens + reply_tokens > self._context_tokens:
            raise ModelError(
                f"The page and the question take {prompt_tokens} tokens; {self._card.name} has room for "
                f"{self._context_tokens - reply_tokens}.",
                "Ask about fewer pages or a smaller part of the page.",
            )


def _position_offset(model: Any) -> torch.Tensor | None:
    """Qwen numbers image tokens by row and column, so text after an image starts at a lower position.

    The model keeps the difference of the page it saw last; each prefix has to carry its own.
    """
    return getattr(model.model, "rope_deltas", None)


def _set_position_offset(model: Any, offset: torch.Tensor | None) -> None:
    if hasattr(model.model, "rope_deltas"):
        model.model.rope_deltas = offset


def _end_ids(checkpoint: Checkpoint) -> frozenset[int]:
    """Every token that ends a reply: those of the generation settings and the end of a turn."""
    configured = checkpoint.model.generation_config.eos_token_id
    ids = {checkpoint.tokenizer.eos_token_id}
    ids.update(configured if isinstance(configured, list) else [configured])
    vocabulary = checkpoint.tokenizer.get_vocab()
    ids.update(vocabulary.get(token) for token in _END_OF_TURN)
    return frozenset(ids - {None})


def _cpu_note(model: Any, device: torch.device) -> str:
    if device.type == "cpu" and model.num_parameters() > _MANY_PARAMETERS:
        return "This model is large for a machine without a GPU: a page may take minutes."
    return ""
