"""The model that a run starts from, opened exactly as it is served, and the weights that learn.

LoRA on the pretrained backbones and the new parameters between them in full is the recipe of "What
matters when building vision-language models?" (arXiv 2405.02246, section 3.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.utils.constants import DUMMY_TARGET_MODULES

from docvlm.errors import ModelError
from docvlm.model_names import EMBEDDED
from docvlm.models.embedded import EmbeddedEngine
from docvlm.models.hub import HubEngine
from docvlm.models.language_model import Report
from docvlm.models.prefix_engine import PrefixEngine
from finetune.training.settings import Method, TrainingSettings

_LANGUAGE = ("text_model", "language_model")
_VISION = ("vision_model", "visual")
_CONNECTOR = ("connector", "merger")


def open_base(
    settings: TrainingSettings, model_cache: Path, report: Report = lambda _line: None
) -> PrefixEngine:
    """The engine of the base model. docvlm's own adapter is merged into the embedded model, as in serving.

    Where serving computes in float16, training does in float32.

    Args:
        report: called with one sentence for each slow step.

    Raises:
        ModelError: when the weights cannot be had.
    """
    if settings.base_model == EMBEDDED:
        engine: PrefixEngine = EmbeddedEngine(model_cache, report=report)
    else:
        engine = HubEngine(settings.base_model, report=report, four_bit=settings.four_bit)
    if engine.model.dtype == torch.float16 and not settings.four_bit:
        engine.model.float()  # small gradients are nothing in float16
    return engine


def add_adapter(engine: PrefixEngine, settings: TrainingSettings) -> PeftModel:
    """Lay weights that learn over the engine's model; they are float32, all others stay as they are.

    Raises:
        ModelError: when no layer of the model is among those that the settings name.
    """
    torch.manual_seed(settings.seed)
    layers = sorted(_layers(engine.model, settings))
    connector = sorted(set(_connectors(engine.model))) if settings.connector else []
    if not layers and not connector:
        raise ModelError(
            f"None of the layers of '{engine.card.name}' is to be trained.",
            "Name other layers as targets, or none for all, and switch on a part that the model has.",
        )
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        use_dora=settings.method is Method.DORA,
        target_modules=layers or DUMMY_TARGET_MODULES,  # peft's own word for none, where the connector learns
        modules_to_save=connector or None,
        task_type="CAUSAL_LM",
        bias="none",
    )
    model = get_peft_model(engine.model, config)
    # The folder of the base on this machine is nobody else's business.
    model.peft_config["default"].base_model_name_or_path = engine.card.name
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()  # small steps would be rounded away
    return model


def language_part(model: Any) -> Any:
    """The language model among the parts of a model (the model itself where it has no others)."""
    for name, module in model.named_modules():
        if name.rpartition(".")[2] in _LANGUAGE:
            return module
    return model


def vision_part(model: Any) -> Any | None:
    """The vision tower, None where there is none."""
    for name, module in model.named_modules():
        if name.rpartition(".")[2] in _VISION:
            return module
    return None


def _layers(model: Any, settings: TrainingSettings) -> Iterator[str]:
    """Names of the linear layers that get low-rank updates."""
    wanted = {"language": settings.language, "vision": settings.vision, "connector": False, "head": False}
    for name, module in model.named_modules():
        if not isinstance(module, torch.nn.Linear) or not wanted[_part(name)]:
            continue
        if not settings.targets or name.rpartition(".")[2] in settings.targets:
            yield name


def _connectors(model: Any) -> Iterator[str]:
    for name, _module in model.named_modules():
        if name.rpartition(".")[2] in _CONNECTOR:
            yield name


def _part(layer: str) -> str:
    path = layer.split(".")
    if any(name in _CONNECTOR for name in path):
        return "connector"
    if any(name in _VISION for name in path):
        return "vision"
    return "head" if path[-1] == "lm_head" else "language"
