"""Examples as a model computes them: several turns in one sequence, only replies learnt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch

from docvlm.models.hub import HubEngine
from finetune.packing import PackedExample
from finetune.training.attention import packed_attention_in, served_attention_in
from finetune.training.collate import Collator
from finetune.training.examples import WindowExample, document_examples
from finetune.training.requests import first_turn, window_turns
from finetune.training.settings import TrainingSettings
from finetune.training.trainer import reply_loss
from tests.finetune.training.families import Lesson
from tests.models.tiny_checkpoints import FAMILIES

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module", params=FAMILIES)
def any_engine(request: pytest.FixtureRequest, float32: None, bases: dict[str, Path]) -> Iterator[HubEngine]:
    engine = HubEngine(str(bases[request.param]))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def engine(float32: None, bases: dict[str, Path]) -> Iterator[HubEngine]:
    """One that can be shown a page cut and uncut."""
    engine = HubEngine(str(bases["idefics3"]))
    yield engine
    engine.close()


def example_of(lesson: Lesson, engine: HubEngine) -> WindowExample:
    readings = lesson.readings.of(lesson.document)
    found, lost = document_examples(lesson.document, readings, lesson.schema, engine.count_tokens)
    assert lost == 0
    return next(example for example in found if example.teaches_a_value)


def collator(lesson: Lesson, engine: HubEngine, **settings: Any) -> Collator:
    return Collator(engine, TrainingSettings(**settings), lesson.schema, lesson.readings)


def segments(packed: PackedExample) -> list[list[int]]:
    """The tokens of the page, then of each turn."""
    return [part.tolist() for part in packed.token_ids[0].split(list(packed.segment_lengths))]


def test_every_turn_gets_the_logits_it_would_get_alone(any_engine: HubEngine, invoice_lesson: Lesson) -> None:
    """Of the real classes, picture included: packing is no approximation."""
    example = example_of(invoice_lesson, any_engine)
    document = collator(invoice_lesson, any_engine, paraphrases=2).pack(example, Random(3))
    packed, model = document.packed, any_engine.model
    page, *turns = segments(packed)
    assert len(turns) == 5 and document.pixels
    with packed_attention_in(model):
        together = float(reply_loss(model, packed, torch.device("cpu"), document.pixels))
    alone, first = 0.0, 0
    with served_attention_in(model), torch.inference_mode():
        for start, turn in zip(_starts(packed), turns, strict=True):
            places = [place for place in packed.predict_from.tolist() if start <= place < start + len(turn)]
            targets = packed.targets[first : first + len(places)]
            first += len(places)
            ids = torch.tensor([page + turn])
            if "image_grid_thw" in document.pixels:
                kinds = {"mm_token_type_ids": (ids == model.config.image_token_id).int()}
            else:
                kinds = {}
            logits = model(input_ids=ids, **document.pixels, **kinds).logits[0]
            own = logits[[len(page) + place - start for place in places]]
            alone += float(torch.nn.functional.cross_entropy(own, targets, reduction="sum"))
    assert first == len(packed.targets)
    assert together == pytest.approx(alone, rel=1e-4)


def _starts(packed: PackedExample) -> list[int]:
    lengths = packed.segment_lengths
    return [sum(lengths[:number]) for number in range(1, len(lengths))]


def test_only_replies_are_learnt(engine: HubEngine, invoice_lesson: Lesson) -> None:
    example = example_of(invoice_lesson, engine)
    packed = collator(invoice_lesson, engine, paraphrases=0).pack(example, Random(1)).packed
    wanted: list[int] = []
    rng = Random(1)
    for turn in window_turns(example, invoice_lesson.schema, rng, 0, 0.25):
        wanted += [*engine.prompts.plain(turn.reply), engine.end_id]
    assert packed.targets.tolist() == wanted
    assert "tip: not found" in first_turn(example, invoice_lesson.schema).reply


def test_a_visit_follows_from_its_seed(engine: HubEngine, invoice_lesson: Lesson) -> None:
    example = example_of(invoice_lesson, engine)
    make = collator(invoice_lesson, engine, paraphrases=2, smallest_scale=0.5, split_share=0.5)
    one, same, other = (make.pack(example, Random(seed)) for seed in (1, 1, 2))
    assert torch.equal(one.packed.token_ids, same.packed.token_ids) and one.seed == same.seed
    assert all(torch.equal(one.pixels[name], same.pixels[name]) for name in one.pixels)
    assert one.packed.token_ids.tolist() != other.packed.token_ids.tolist()


def test_what_is_too_long_is_refused_whole(engine: HubEngine, invoice_lesson: Lesson) -> None:
    example = example_of(invoice_lesson, engine)
    length = collator(invoice_lesson, engine).fits(example)
    assert length is not None
    assert collator(invoice_lesson, engine, max_tokens=length).fits(example) == length
    assert collator(invoice_lesson, engine, max_tokens=length - 1).fits(example) is None


def test_a_page_that_is_only_asked_questions_must_fit_with_the_first(
    engine: HubEngine, invoice_lesson: Lesson
) -> None:
    example = replace(example_of(invoice_lesson, engine), fields=())
    length = collator(invoice_lesson, engine).fits(example)
    assert length is not None
    assert collator(invoice_lesson, engine, max_tokens=length - 1).fits(example) is None
    packed = collator(invoice_lesson, engine, max_tokens=length).pack(example, Random(1)).packed
    assert packed.length <= length and len(packed.segment_lengths) == 2


def test_further_requests_are_left_out_before_the_page_is(engine: HubEngine, invoice_lesson: Lesson) -> None:
    example = example_of(invoice_lesson, engine)
    length = collator(invoice_lesson, engine).fits(example)
    assert length is not None
    whole = collator(invoice_lesson, engine, paraphrases=3).pack(example, Random(1)).packed
    tight = collator(invoice_lesson, engine, paraphrases=3, max_tokens=length).pack(example, Random(1)).packed
    assert len(whole.segment_lengths) == 7 and len(tight.segment_lengths) == 2
    assert segments(tight) == segments(whole)[:2]
    assert tight.length <= length


def test_pictures_are_shrunk_at_random_where_that_is_set(engine: HubEngine, invoice_lesson: Lesson) -> None:
    example = example_of(invoice_lesson, engine)
    as_served = engine.encode_page(collator(invoice_lesson, engine).shown(example))
    plain = [collator(invoice_lesson, engine).pack(example, Random(seed)) for seed in range(4)]
    for document in plain:
        assert torch.equal(document.pixels["pixel_values"], as_served.pixels["pixel_values"])
    make = collator(invoice_lesson, engine, smallest_scale=0.02)
    shrunk = [make.pack(example, Random(seed)).pixels["pixel_values"] for seed in range(6)]
    assert len({hash(pixels.numpy().tobytes()) for pixels in shrunk}) == 6
    # This family enlarges what is small, so a smaller picture has the same tiles with less in them.
    detail = [
        float(pixels.diff(dim=-1).abs().mean()) for pixels in (*shrunk, as_served.pixels["pixel_values"])
    ]
    assert max(detail) <= detail[-1] * 1.05 and min(detail) < detail[-1]


def test_the_share_of_pictures_that_are_cut_is_a_setting(engine: HubEngine, invoice_lesson: Lesson) -> None:
    example = example_of(invoice_lesson, engine)

    def tiles(share: float) -> list[int]:
        make = collator(invoice_lesson, engine, split_share=share)
        return [make.pack(example, Random(seed)).pixels["pixel_values"].shape[1] for seed in range(8)]

    assert set(tiles(0.0)) == {1}
    assert min(tiles(1.0)) > 1
    assert 0 < tiles(0.5).count(1) < 8


def test_generated_documents_have_no_picture_and_several_turns(
    engine: HubEngine, invoice_lesson: Lesson
) -> None:
    make = collator(invoice_lesson, engine)
    one, same, other = (make.pack_generated(seed) for seed in ("1", "1", "2"))
    assert not one.pixels and len(one.packed.segment_lengths) > 2
    assert torch.equal(one.packed.token_ids, same.packed.token_ids)
    assert one.packed.token_ids.tolist() != other.packed.token_ids.tolist()
