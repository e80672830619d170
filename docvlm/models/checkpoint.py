"""Opens a vision-language checkpoint from the Hub or a folder: weights, tokenizer, image contract.

Only safetensors are read and no code of a checkpoint is run. transformers' own image code is used for
its settings alone; the pixels are cut by ``docvlm.tiling.contracts``, which needs no torchvision.
"""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from huggingface_hub.errors import HfHubHTTPError
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModelForImageTextToText,
    AutoTokenizer,
    BitsAndBytesConfig,
)
from transformers.processing_utils import ProcessorMixin

from docvlm.errors import ModelError
from docvlm.models.adapter import merge_adapter, refuse_misfit
from docvlm.models.device import pick_dtype
from docvlm.models.named import existing_folder
from docvlm.tiling.contracts import Contract, contract_for

SUPPORTED_TYPES = ("idefics2", "idefics3", "smolvlm", "qwen2_vl", "qwen2_5_vl")

KEPT_WHOLE = ("vision_model", "visual", "connector", "merger", "lm_head")
"""Parts never kept in 4 bits: they are small beside the language model, and errors there cost most."""

_END_BYTES = 2**20

# What transformers, huggingface_hub and safetensors raise for files that are missing, damaged or of
# another model. A checkpoint is foreign input: none of these may reach the user as a traceback.
_LOADING_ERRORS = (
    OSError,
    ValueError,
    RuntimeError,
    KeyError,
    TypeError,
    AttributeError,
    HfHubHTTPError,
    SafetensorError,
)


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A loaded checkpoint.

    Attributes:
        revision: changes whenever the weights change.
        base_revision: the same without the adapter.
        model: an ``AutoModelForImageTextToText`` on its device, in evaluation mode.
        tokenizer: a fast tokenizer.
        contract: how the checkpoint wants a page cut.
        chat_template: Jinja source.
        image_token: the placeholder that the template writes for an image.
        context_tokens: the most tokens of prompt and reply together.
    """

    revision: str
    base_revision: str
    model: Any
    tokenizer: Any
    contract: Contract
    chat_template: str
    image_token: str
    context_tokens: int


def load_checkpoint(
    name: str, device: torch.device, adapter: Path | None = None, four_bit: bool = False
) -> Checkpoint:
    """Open the checkpoint called ``name``: a folder, or a name on the Hub such as ``org/model``.

    Args:
        four_bit: keep the language model in 4 bits, to train an adapter over it.

    Raises:
        ModelError: when it cannot be had, is damaged, of an unknown family, or does not fit the adapter; when
            4 bits are asked for and bitsandbytes is not installed.
    """
    folder = existing_folder(name)
    transformers.utils.logging.disable_progress_bar()
    if four_bit and importlib.util.find_spec("bitsandbytes") is None:
        raise ModelError(
            "Keeping a model in 4 bits needs the package bitsandbytes, which is not installed.",
            "Run 'pip install -r finetune/requirements-4bit.txt', or train without four_bit.",
        )
    try:
        return _load(name, folder, device, adapter, four_bit)
    except _LOADING_ERRORS as error:
        raise _loading_error(name, folder, error) from error


def _load(
    name: str, folder: Path | None, device: torch.device, adapter: Path | None, four_bit: bool
) -> Checkpoint:
    config = AutoConfig.from_pretrained(name, trust_remote_code=False)
    if config.model_type not in SUPPORTED_TYPES:
        raise ModelError(
            f"'{name}' is a model of type {config.model_type}, which docvlm does not run.",
            "Use an Idefics2, Idefics3, SmolVLM or Qwen2.5-VL checkpoint.",
        )
    tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
    settings = AutoImageProcessor.from_pretrained(name, backend="pil", trust_remote_code=False).to_dict()
    blank_line_tokens = len(tokenizer.encode("\n\n", add_special_tokens=False))
    base_revision = _revision(config, folder)
    refuse_misfit(adapter, name, base_revision)
    return Checkpoint(
        revision=_revision(config, folder, adapter),
        base_revision=base_revision,
        model=_load_model(name, device, adapter, four_bit),
        tokenizer=tokenizer,
        contract=contract_for(config.model_type, settings, _tokens_per_view(config), blank_line_tokens),
        chat_template=_chat_template(name, tokenizer),
        image_token=str(tokenizer.convert_ids_to_tokens(config.image_token_id)),
        context_tokens=config.get_text_config().max_position_embeddings,
    )


def _load_model(name: str, device: torch.device, adapter: Path | None, four_bit: bool) -> Any:
    # Weights in 4 bits are made on their device and cannot be moved afterwards.
    smaller = {"quantization_config": _four_bits(pick_dtype(device)), "device_map": {"": device}}
    model, report = AutoModelForImageTextToText.from_pretrained(
        name,
        dtype=pick_dtype(device),
        use_safetensors=True,
        trust_remote_code=False,
        output_loading_info=True,
        **(smaller if four_bit else {}),
    )
    if report["missing_keys"]:
        # transformers would fill them with random numbers and go on
        raise ModelError(
            f"The weights of '{name}' are incomplete: {len(report['missing_keys'])} tensors are missing.",
            "Fetch the checkpoint again.",
        )
    if adapter is not None:
        model = merge_adapter(model, adapter, f"'{name}'")
    return model.eval() if four_bit else model.to(device).eval()


def _four_bits(compute: torch.dtype) -> BitsAndBytesConfig:
    """NormalFloat with its constants quantised once more (QLoRA: Dettmers et al. 2023, arXiv 2305.14314)."""
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute,
        llm_int8_skip_modules=[rf"(?:.*\.)?{part}" for part in KEPT_WHOLE],
    )


def _tokens_per_view(config: Any) -> int:
    """Visual tokens of one view, from the model itself: what it makes is what the prompt must hold."""
    if config.model_type == "idefics2":
        return int(config.perceiver_config.resampler_n_latents)
    if config.model_type in ("idefics3", "smolvlm"):
        patches = (config.vision_config.image_size // config.vision_config.patch_size) ** 2
        return int(patches // config.scale_factor**2)
    return 0


def _chat_template(name: str, tokenizer: Any) -> str:
    """The template saved with the processor, else the tokenizer's own."""
    processor_settings, _ = ProcessorMixin.get_processor_dict(name)
    template = processor_settings.get("chat_template") or tokenizer.chat_template
    if isinstance(template, dict):
        template = template.get("default")
    if not template:
        raise ModelError(
            f"'{name}' has no chat template, so it was not trained to answer questions.",
            "Use an instruction-tuned checkpoint.",
        )
    return str(template)


def _revision(config: Any, *folders: Path | None) -> str:
    """A short hash of the commit on the Hub and of what the weight files in the folders begin and end with.

    It stays the same when a folder is copied, and does not read gigabytes.
    """
    digest = hashlib.sha256(str(getattr(config, "_commit_hash", None)).encode())
    for folder in folders:
        for weights in sorted(folder.glob("*.safetensors")) if folder is not None else ():
            digest.update(f"{weights.name} {weights.stat().st_size}".encode())
            digest.update(_both_ends(weights))
    return digest.hexdigest()[:12]


def _both_ends(file: Path) -> bytes:
    with file.open("rb") as opened:
        beginning = opened.read(_END_BYTES)
        opened.seek(max(0, file.stat().st_size - _END_BYTES))
        return beginning + opened.read()


def _loading_error(name: str, folder: Path | None, error: Exception) -> ModelError:
    cause = str(error).strip().splitlines() or [type(error).__name__]
    if folder is not None:
        reason = cause[0].replace(str(folder), folder.name).rstrip(".")
        return ModelError(
            f"The model in '{folder}' cannot be opened: {reason}.",
            "The folder needs config.json, the tokenizer, preprocessor_config.json and safetensors weights.",
        )
    return ModelError(
        f"The model '{name}' could not be fetched: {cause[0].rstrip('.')}.",
        "Check the name and the connection; once fetched, it opens without a network. "
        "Or give a folder that holds it.",
    )
