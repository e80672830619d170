"""What this machine takes for a tile and for a token: measured once a model, then known before a run."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from docvlm.atomic import write_atomically
from docvlm.models.protocol import Engine, EngineCard, GenerationRequest, PageInput
from docvlm.tiling import Budget, CostProbe

_SHORT_WORDS = 64
_LONG_WORDS = 320
_TILE_SIDE = 448
_REQUEST = GenerationRequest("Question: What is the total?", max_tokens=1)


@dataclass(frozen=True, slots=True)
class EngineCost:
    """What an engine takes on this machine; ``card`` says which engine that is."""

    card: EngineCard
    probe: CostProbe


def known_cost(model_cache: Path, engine: Engine) -> EngineCost:
    """The engine's cost on this machine, from the model cache or measured now (a few seconds)."""
    card = engine.card
    name = hashlib.sha256(f"{card.name} {card.revision}".encode()).hexdigest()[:12]
    file = model_cache / f"cost-{name}.json"
    try:
        return EngineCost(card, CostProbe(**json.loads(file.read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError):
        probe = measure_cost(engine)
    model_cache.mkdir(parents=True, exist_ok=True)
    write_atomically(file, json.dumps(asdict(probe)).encode())
    return EngineCost(card, probe)


def measure_cost(engine: Engine) -> CostProbe:
    """Time two pages of words of different length, and a page with a picture where pictures are seen."""
    _seconds(engine, _page_of_words(8))  # the first call pays for what is set up once
    short, long = _page_of_words(_SHORT_WORDS), _page_of_words(_LONG_WORDS)
    tokens = [engine.count_tokens(page.reader_text) for page in (short, long)]
    seconds = [_seconds(engine, page) for page in (short, long)]
    per_token = max(1e-6, (seconds[1] - seconds[0]) / (tokens[1] - tokens[0]))
    fixed = max(0.0, seconds[0] - per_token * tokens[0])
    per_tile = _seconds_a_tile(engine, fixed, per_token) if engine.card.sees_pixels else 0.0
    return CostProbe(per_tile, per_token, fixed)


def _seconds_a_tile(engine: Engine, fixed: float, per_token: float) -> float:
    image = np.full((_TILE_SIDE, _TILE_SIDE, 3), 255, dtype=np.uint8)
    plan = engine.plan_page(_TILE_SIDE, _TILE_SIDE, Budget.parse(1))
    seconds = _seconds(engine, PageInput("cost probe picture", "", image, plan))
    return max(0.0, seconds - fixed - per_token * plan.tokens) / len(plan.tiles)


def _page_of_words(count: int) -> PageInput:
    return PageInput(f"cost probe {count}", " ".join(f"item{index}" for index in range(count)))


def _seconds(engine: Engine, page: PageInput) -> float:
    started = time.perf_counter()
    list(engine.generate(page, _REQUEST))
    return time.perf_counter() - started
