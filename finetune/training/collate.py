"""From examples to what a step computes: several turns of a page in one sequence, with its picture.

Only replies are learnt. An example that is too long is left out whole, so that nothing is ever cut
inside the tokens of an image; further requests are dropped first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random

import torch

from docvlm.models.hub import HubEngine
from docvlm.models.prefix_engine import EncodedPage, PrefixEngine
from docvlm.models.protocol import PageInput
from docvlm.schemas import Schema
from docvlm.tiling import Budget
from docvlm.types import RgbImage
from finetune.packing import PackedExample, pack_turns
from finetune.synthesis.examples import make_example
from finetune.synthesis.requests import Turn
from finetune.training.examples import WindowExample
from finetune.training.page_images import PageImages, Pages
from finetune.training.pictures import shrink
from finetune.training.positions import packed_positions
from finetune.training.requests import first_turn, window_turns
from finetune.training.settings import TrainingSettings


@dataclass(frozen=True, slots=True, eq=False)
class TrainingDocument:
    """A packed page with what its picture gives the model.

    Attributes:
        packed: the tokens of page and turns.
        pixels: the picture as keyword arguments of the model's ``forward``; empty without one.
        seed: what is random in computing it (noise, dropout) follows from this.
    """

    packed: PackedExample
    pixels: dict[str, torch.Tensor] = field(default_factory=dict)
    seed: int = 0


class Collator:
    """Encodes examples for one base model.

    Args:
        engine: the base model's engine; its prompts and tiles are those of serving.
        schema: of the full extraction request; None for questions alone.
        pages: asked for pixels where the engine sees them.
    """

    def __init__(
        self, engine: PrefixEngine, settings: TrainingSettings, schema: Schema | None, pages: Pages | None
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._schema = schema
        self._images = PageImages(pages) if pages is not None and engine.card.sees_pixels else None

    def fits(self, example: WindowExample) -> int | None:
        """The tokens of page and first request, None where they are more than the settings allow.

        The first request is that of all fields, or the first question where no field is labelled.
        """
        encoded = self._engine.encode_page(self.shown(example))
        first = first_turn(example, self._schema)
        tokens = len(encoded.token_ids) + sum(map(len, self._turn(first)))
        return tokens if tokens <= self._settings.max_tokens else None

    def pack(self, example: WindowExample, rng: Random) -> TrainingDocument:
        """One visit to a window: its requests, its picture's scale and tiles follow from ``rng``."""
        settings = self._settings
        turns = window_turns(example, self._schema, rng, settings.paraphrases, settings.absent_share)
        return self._pack(self._engine.encode_page(self._visited(example, rng)), turns, rng)

    def pack_generated(self, seed: str) -> TrainingDocument:
        """A generated document without a picture, on which a model keeps what it could before."""
        example = make_example(seed)
        encoded = self._engine.encode_page(PageInput(seed, example.page_text))
        return self._pack(encoded, example.turns, Random(seed))  # noqa: S311

    def _pack(self, encoded: EncodedPage, turns: Sequence[Turn], rng: Random) -> TrainingDocument:
        room = self._settings.max_tokens - len(encoded.token_ids)
        kept: list[tuple[list[int], list[int]]] = []
        for turn in turns:
            asked, reply = self._turn(turn)
            room -= len(asked) + len(reply)
            if kept and room < 0:
                break
            kept.append((asked, reply))
        packed = pack_turns(encoded.token_ids, kept)
        pixels = dict(encoded.pixels)
        positions = packed_positions(self._engine.model, packed, pixels)
        pixels.pop("mm_token_type_ids", None)  # says the same as the positions
        if positions is not None:
            packed = replace(packed, positions=positions)
        return TrainingDocument(packed, pixels, rng.getrandbits(48))

    def _turn(self, turn: Turn) -> tuple[list[int], list[int]]:
        prompts = self._engine.prompts
        return prompts.prompt(turn.prompt, turn.reply_start), [
            *prompts.plain(turn.reply),
            self._engine.end_id,
        ]

    def shown(self, example: WindowExample) -> PageInput:
        """What the engine sees of a window in serving."""
        page, image = example.window.input, self._image(example)
        return page if image is None else self._with_picture(page, image, whole=False)

    def _visited(self, example: WindowExample, rng: Random) -> PageInput:
        """What it sees in one visit of training: the picture smaller, or uncut, where the settings say so."""
        page, image = example.window.input, self._image(example)
        if image is None:
            return page
        if self._settings.smallest_scale < 1:
            image = shrink(image, rng.uniform(self._settings.smallest_scale, 1.0))
        return self._with_picture(page, image, whole=rng.random() >= self._settings.split_share)

    def _image(self, example: WindowExample) -> RgbImage | None:
        if self._images is None:
            return None
        return self._images.of(example.document, example.window.page_number)

    def _with_picture(self, page: PageInput, image: RgbImage, whole: bool) -> PageInput:
        height, width = image.shape[:2]
        if whole and isinstance(self._engine, HubEngine):
            plan = self._engine.plan_whole(width, height)
        else:
            plan = self._engine.plan_page(width, height, Budget.parse(self._settings.tiles))
        key = f"{page.key}-{hashlib.sha256(image.tobytes()).hexdigest()}"
        return replace(page, key=key, image=image, plan=plan)
