"""docvlm-mini: the model that works without a hub, a GPU or a label.

Its language model reads the page's words (the reader text); a vision tower joins it where weights for one
lie. Without them ``card.sees_pixels`` is False and the card says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer

from docvlm.adapters import read_known_values
from docvlm.adapters.card import WEIGHTS_FILE
from docvlm.errors import ModelError
from docvlm.model_names import EMBEDDED
from docvlm.models.adapter import merge_adapter, refuse_misfit
from docvlm.models.calibration import CALIBRATION_FILE, UNCALIBRATED, Calibration, read_calibration
from docvlm.models.chat import ChatEncoder
from docvlm.models.cpu_serving import serve_on_cpu
from docvlm.models.device import pick_device, pick_dtype
from docvlm.models.language_model import WHEEL_SHA256, Report, ensure_language_model
from docvlm.models.prefix_engine import EncodedPage, PrefixEngine
from docvlm.models.protocol import EngineCard, PageInput
from docvlm.models.shipped import SHIPPED_ADAPTER, SHIPPED_VISION, refuse_damage
from docvlm.models.vision_language import WEIGHTS, add_vision, picture_of
from docvlm.tiling import Budget, TilePlan, cut_tiles, plan_tiles

CONTEXT_TOKENS = 8192
CACHE_TOKENS = 6144  # about 46 kB a token in float32

_PAGE_ONLY_NOTE = "Scans and photos are read by OCR; it answers from words, not logos, ticks or handwriting."
_UNTUNED_NOTE = "It has not been trained on documents yet: check its answers."

# What transformers and safetensors raise for files that are missing, cut short or overwritten.
_DAMAGED = (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError, SafetensorError)


class EmbeddedEngine(PrefixEngine):
    """The embedded language model with docvlm's adapter and, on top, the user's own.

    Args:
        model_cache: where unpacked weights lie; filled on first use.
        adapter: folder of a PEFT adapter made by ``finetune``, or None.
        threads: CPU threads, or None for torch's choice.
        report: called with one sentence for each slow step.
        shipped_adapter: docvlm's own adapter; None for the raw language model.
        vision: folder of a vision tower and connector; without such a folder pages are not looked at.

    Raises:
        ModelError: when weights are missing, damaged or made for another base.
    """

    def __init__(
        self,
        model_cache: Path,
        adapter: Path | None = None,
        threads: int | None = None,
        report: Report = lambda _line: None,
        shipped_adapter: Path | None = SHIPPED_ADAPTER,
        vision: Path = SHIPPED_VISION,
    ) -> None:
        transformers.utils.logging.disable_progress_bar()
        folder = ensure_language_model(model_cache, report)
        if threads:
            torch.set_num_threads(threads)
        report("Loading the embedded model.")
        shipped = [shipped_adapter] if shipped_adapter is not None else []
        for part in shipped:
            refuse_damage(part)
        sight = [vision / WEIGHTS] if vision.is_dir() else []
        base_revision = _revision(shipped, sight)
        refuse_misfit(adapter, EMBEDDED, base_revision)
        adapters = [*shipped, *([adapter] if adapter is not None else [])]
        model, tokenizer = _load(folder, adapters)
        serve_on_cpu(model)
        self._language_model = model
        self._chat = ChatEncoder(tokenizer)
        notes = [*([] if sight else [_PAGE_ONLY_NOTE]), *([] if adapters else [_UNTUNED_NOTE])]
        if sight:
            model = add_vision(model, vision, self._chat.image_id)
        super().__init__(
            model=model,
            tokenizer=tokenizer,
            chat=self._chat,
            end_ids=frozenset({tokenizer.eos_token_id}),
            card=EngineCard(
                EMBEDDED,
                _revision(adapters, sight),
                sees_pixels=bool(sight),
                note=" ".join(notes),
                base_revision=base_revision,
                adapter=str(adapter) if adapter else None,
                calibration=_calibration(shipped_adapter),
                known=read_known_values(adapter),
            ),
            context_tokens=CONTEXT_TOKENS,
            cache_tokens=CACHE_TOKENS,
        )

    def plan_page(self, width: int, height: int, budget: Budget) -> TilePlan:
        return plan_tiles(width, height, budget)

    def encode_page(self, page: PageInput) -> EncodedPage:
        if page.image is None or page.plan is None or not self.card.sees_pixels:
            return EncodedPage(self._chat.page(page.reader_text))
        tiles = cut_tiles(page.image, page.plan)
        token_ids = self._chat.page(page.reader_text, len(tiles.pixels))
        return EncodedPage(token_ids, picture_of(tiles, self.model.device))

    def save(self, folder: Path) -> None:
        """Write the language model as it is used, adapters merged in, with the tokenizer.

        Tower and connector stay where they lie: no class of transformers opens a tower with such a stem.
        """
        self._language_model.save_pretrained(folder, safe_serialization=True)
        self._tokenizer.save_pretrained(folder)


def _load(folder: Path, adapters: Sequence[Path]) -> tuple[Any, Any]:
    """The language model with every adapter merged in, and its tokenizer."""
    device = pick_device()
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=pick_dtype(device), use_safetensors=True)
    except _DAMAGED as error:
        raise ModelError(
            f"The embedded model in {folder} is damaged.",
            "Delete that folder and run 'python -m docvlm setup'.",
        ) from error
    for adapter in adapters:
        model = merge_adapter(model, adapter, "the embedded model")
    return model.to(device).eval(), tokenizer


def _calibration(shipped_adapter: Path | None) -> Calibration:
    return read_calibration(shipped_adapter / CALIBRATION_FILE) if shipped_adapter else UNCALIBRATED


def _revision(adapters: Sequence[Path], sight: Sequence[Path]) -> str:
    """A short hash of the language model and of all weights laid over it or joined to it."""
    digest = hashlib.sha256(WHEEL_SHA256.encode())
    for file in (*(adapter / WEIGHTS_FILE for adapter in adapters), *sight):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
