"""What a vision tower that does not learn makes of a picture is computed once and kept.

A run visits each page once an epoch, and the tower takes most of the time of a page with many tiles.
"""

from __future__ import annotations

import copy
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers.utils import ModelOutput

from finetune.training.base import vision_part

KEPT_BYTES = 512 * 2**20
"""About twenty A4 pages of Idefics3: 17 tiles of 676 patches, 1,152 numbers each, in half precision."""


@contextmanager
def frozen_tower_kept_in(model: Any, kept_bytes: int = KEPT_BYTES) -> Iterator[None]:
    """Let the vision tower of ``model`` look up what it made of the same pixels before.

    Nothing changes where there is none, or where a weight inside of it learns (in Qwen2.5-VL the connector
    is one of them).
    """
    tower = vision_part(model)
    if tower is None or any(weight.requires_grad for weight in tower.parameters()):
        yield
        return
    tower.forward = _Kept(tower.forward, kept_bytes)
    try:
        yield
    finally:
        del tower.forward


class _Kept:
    """Calls ``forward`` for inputs that are not known yet; those not used longest go when room is short."""

    def __init__(self, forward: Callable[..., ModelOutput], kept_bytes: int) -> None:
        self._forward = forward
        self._room = kept_bytes
        self._outputs: OrderedDict[str, ModelOutput] = OrderedDict()
        self._lock = threading.Lock()  # a worker for each document asks

    def __call__(self, *inputs: Any, **named: Any) -> ModelOutput:
        if torch.is_inference_mode_enabled():  # as in evaluations: such tensors are no use for a gradient
            return self._forward(*inputs, **named)
        tensors = [value for value in (*inputs, *named.values()) if isinstance(value, torch.Tensor)]
        key = _content_hash(tensors)
        with self._lock:
            known = self._outputs.get(key)
            if known is not None:
                self._outputs.move_to_end(key)
        if known is None:
            with torch.no_grad():
                known = self._forward(*inputs, **named)
            self._keep(key, _moved(known, torch.device("cpu")))
        return _moved(known, tensors[0].device)

    def _keep(self, key: str, output: ModelOutput) -> None:
        with self._lock:
            if key in self._outputs:
                return
            self._outputs[key] = output
            self._room -= _size(output)
            while self._room < 0:
                _, dropped = self._outputs.popitem(last=False)
                self._room += _size(dropped)


def _content_hash(tensors: list[torch.Tensor]) -> str:
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(f"{tuple(tensor.shape)} {tensor.dtype} ".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _moved(output: ModelOutput, device: torch.device) -> ModelOutput:
    """A copy for one caller, who may change it; tensors that are on the device already are shared."""
    moved = copy.copy(output)
    for name, value in output.items():
        if isinstance(value, torch.Tensor):
            moved[name] = value.to(device)
    return moved


def _size(output: ModelOutput) -> int:
    return sum(value.nbytes for value in output.values() if isinstance(value, torch.Tensor))
