"""Any Idefics2, Idefics3, SmolVLM or Qwen2.5-VL checkpoint, by Hub name or folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from transformers import AutoImageProcessor

from docvlm.adapters import read_known_values
from docvlm.models.checkpoint import Checkpoint, load_checkpoint
from docvlm.models.device import pick_device
from docvlm.models.language_model import Report
from docvlm.models.lent_gpu import waits_for_gpu
from docvlm.models.prefix_engine import EncodedPage, PrefixEngine
from docvlm.models.protocol import EngineCard, PageInput
from docvlm.models.resampling import fast_resize
from docvlm.models.vision_chat import VisionChat
from docvlm.tiling import Budget, TilePlan
from docvlm.tiling.contracts import Idefics2Contract, Idefics3Contract
from docvlm.types import RgbImage

CACHE_TOKENS = 16_384
_END_OF_TURN = ("<end_of_utterance>", "<|im_end|>")
_MANY_PARAMETERS = 1_000_000_000


class HubEngine(PrefixEngine):
    """A published checkpoint that sees the page, cut the way it was trained on, and reads its words.

    Args:
        name: a folder, or a name on the Hub.
        adapter: folder of a PEFT adapter trained on this checkpoint, or None.
        threads: CPU threads, or None for torch's choice.
        report: called with one sentence for each slow step.
        four_bit: keep the language model in 4 bits, as the base of a training run.

    Raises:
        ModelError: when the checkpoint or the adapter cannot be had, is damaged or does not fit.
    """

    def __init__(
        self,
        name: str,
        adapter: Path | None = None,
        threads: int | None = None,
        report: Report = lambda _line: None,
        four_bit: bool = False,
    ) -> None:
        if threads:
            torch.set_num_threads(threads)
        report(f"Loading {name}{' in 4 bits' if four_bit else ''}.")
        device = pick_device()
        checkpoint = load_checkpoint(name, device, adapter, four_bit)
        self._name = name
        self._contract = checkpoint.contract
        checkpoint.tokenizer.chat_template = checkpoint.chat_template  # so that a saved copy has it
        self._chat = VisionChat(checkpoint.tokenizer, checkpoint.chat_template, checkpoint.image_token)
        note = _cpu_note(checkpoint.model, device)
        super().__init__(
            model=checkpoint.model,
            tokenizer=checkpoint.tokenizer,
            chat=self._chat,
            end_ids=_end_ids(checkpoint),
            card=EngineCard(
                name,
                checkpoint.revision,
                sees_pixels=True,
                note=note,
                base_revision=checkpoint.base_revision,
                adapter=str(adapter) if adapter else None,
                contract=checkpoint.model.config.model_type,
                known=read_known_values(adapter),
            ),
            context_tokens=checkpoint.context_tokens,
            cache_tokens=CACHE_TOKENS,
        )

    def save(self, folder: Path) -> None:
        """Write the weights, adapter merged in, with all that is needed to open them as a checkpoint."""
        super().save(folder)
        settings = AutoImageProcessor.from_pretrained(self._name, backend="pil", trust_remote_code=False)
        settings.save_pretrained(folder)

    def plan_page(self, width: int, height: int, budget: Budget | None = None) -> TilePlan:
        """How this checkpoint cuts a page: by its own contract, whatever the budget."""
        return self._contract.plan(width, height)

    def views(self, image: RgbImage, plan: TilePlan) -> tuple[RgbImage, ...]:
        return tuple(self._contract.views(image, plan, fast_resize))

    def plan_whole(self, width: int, height: int) -> TilePlan:
        """The page as one view, for checkpoints that can also be shown a page uncut; else ``plan_page``."""
        if isinstance(self._contract, Idefics2Contract | Idefics3Contract):
            return replace(self._contract, split=False).plan(width, height)
        return self._contract.plan(width, height)

    def encode_page(self, page: PageInput) -> EncodedPage:
        """The conversation up to and including the page, with its tiles where it has a picture."""
        if page.image is None:
            return EncodedPage(self._chat.page(page.reader_text, None))
        plan = page.plan or self.plan_page(page.image.shape[1], page.image.shape[0])
        token_ids = self._chat.page(page.reader_text, self._contract.prompt(plan))
        return EncodedPage(token_ids, self._pixel_arguments(page.image, plan, token_ids))

    def _pixel_arguments(
        self, image: RgbImage, plan: TilePlan, token_ids: Sequence[int]
    ) -> dict[str, torch.Tensor]:
        """The page as keyword arguments of the model's ``forward``."""
        tensors = self._contract.tensors(image, plan, fast_resize)
        pixel_values = torch.from_numpy(tensors.pixel_values).to(self.model.device, self.model.dtype)
        arguments = {"pixel_values": pixel_values}
        if tensors.pixel_attention_mask is not None:
            mask = torch.from_numpy(tensors.pixel_attention_mask)
            arguments["pixel_attention_mask"] = mask.to(self.model.device)
        if tensors.image_grid_thw is not None:
            arguments["image_grid_thw"] = torch.from_numpy(tensors.image_grid_thw).to(self.model.device)
            # Qwen's positions along height and width need to know which tokens are the image's.
            ids = torch.tensor([list(token_ids)], device=self.model.device)
            arguments["mm_token_type_ids"] = (ids == self.model.config.image_token_id).int()
        return arguments


def _end_ids(checkpoint: Checkpoint) -> frozenset[int]:
    """Every token that ends a reply: those of the generation settings and the end of a turn."""
    configured = checkpoint.model.generation_config.eos_token_id
    ids = {checkpoint.tokenizer.eos_token_id}
    ids.update(configured if isinstance(configured, list) else [configured])
    vocabulary = checkpoint.tokenizer.get_vocab()
    ids.update(vocabulary.get(token) for token in _END_OF_TURN)
    return frozenset(ids - {None})


def _cpu_note(model: Any, device: torch.device) -> str:
    if device.type == "cpu" and not waits_for_gpu() and model.num_parameters() > _MANY_PARAMETERS:
        return "This model is large for a machine without a GPU: a page may take minutes."
    return ""
