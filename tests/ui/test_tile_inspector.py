"""The tile inspector as HTML: what the pictures of views hold, and what budgets are said to cost."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from docvlm.models.hub import HubEngine
from docvlm.models.protocol import EngineCard, PageInput
from docvlm.pipeline import OpenDocument, Workspace
from docvlm.tiling import BUDGET_NAMES, CostProbe, cut_tiles
from docvlm.types import RgbImage
from docvlm.ui.tile_inspector import inspector_html
from tests.models.tiny_checkpoints import save_tiny_checkpoint
from tests.models.tiny_workspace import workspace_over

EYES = EngineCard("eyes", "1", sees_pixels=True)
READER = EngineCard("reader", "1", sees_pixels=False)
COST = CostProbe(seconds_per_tile=0.5, seconds_per_token=0.01, fixed_seconds=0.25)
WORDS = 500
LARGE = re.compile(r'<figure.*?<img src="data:image/png;base64,([^"]+)"')


@pytest.fixture
def document(workspace: Workspace, samples: Path) -> Iterator[OpenDocument]:
    with workspace.open(samples / "invoice.pdf") as opened:
        yield opened


def _large(html: str) -> RgbImage:
    found = LARGE.search(html)
    assert found is not None
    pixels = cv2.imdecode(np.frombuffer(base64.b64decode(found[1]), np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _seconds(document: OpenDocument, card: EngineCard) -> list[float]:
    html = inspector_html(document, 1, "balanced", card, COST, WORDS)
    return [float(text) for text in re.findall(r"<td>([\d.]+) s</td>", html)]


@pytest.mark.parametrize("budget", BUDGET_NAMES)
def test_a_large_view_has_the_very_pixels_that_the_model_gets(document: OpenDocument, budget: str) -> None:
    page, plan = document.tile_plan(1, budget)
    assert page.image is not None
    batch = cut_tiles(page.image, plan)
    for index, tile in enumerate(plan.tiles):
        shown = _large(inspector_html(document, 1, budget, EYES, COST, WORDS, index))
        assert shown.shape == (tile.height, tile.width, 3)
        assert np.array_equal(shown, batch.pixels[index, : tile.height, : tile.width])


@pytest.mark.parametrize("family", ["idefics2", "idefics3", "qwen2_5_vl"])
def test_a_checkpoint_of_the_hub_is_shown_with_its_own_pixels(
    family: str, samples: Path, tmp_path: Path
) -> None:
    checkpoint = save_tiny_checkpoint(family, tmp_path / "tiny")
    with workspace_over(checkpoint, tmp_path / "home") as workspace:
        engine = workspace.engine
        assert isinstance(engine, HubEngine)
        with workspace.open(samples / "invoice.pdf") as document:
            page, plan = document.tile_plan(1)
            assert page.image is not None and plan.strategy != "native"
            pixels = engine.encode_page(PageInput("page", "", page.image, plan)).pixels["pixel_values"]
            for index, tile in enumerate(plan.tiles):
                shown = _large(inspector_html(document, 1, "balanced", engine.card, COST, WORDS, index))
                assert shown.shape == (tile.height, tile.width, 3)
                if family == "qwen2_5_vl":  # patches, of which the first is the upper left corner
                    got = pixels[0].reshape(3, 2, 14, 14)[:, 0].permute(1, 2, 0).float().numpy()
                else:
                    got = pixels[0, index, :, : tile.height, : tile.width].permute(1, 2, 0).float().numpy()
                seen = shown[: got.shape[0], : got.shape[1]].astype(np.float32)
                for channel in range(3):  # each is normalised by a mean and a deviation of its own
                    levels, values = seen[..., channel].ravel(), got[..., channel].ravel()
                    assert not levels.std() or np.corrcoef(levels, values)[0, 1] > 0.9999, tile


def test_each_view_can_be_chosen_and_the_chosen_one_is_marked(document: OpenDocument) -> None:
    _, plan = document.tile_plan(1, "balanced")
    all_views = inspector_html(document, 1, "balanced", EYES, COST, WORDS)
    assert re.findall(r'data-choice="tile:balanced:(\d+)"', all_views) == [
        str(index) for index in range(len(plan.tiles))
    ]
    assert "<figure" not in all_views
    one = inspector_html(document, 1, "balanced", EYES, COST, WORDS, 2)
    assert re.findall(
        r'<li aria-current="true"><button type="button" data-choice="tile:balanced:(\d)"', one
    ) == ["2"]
    assert 'data-choice="inspect:balanced">All views' in one
    assert "<figure" not in inspector_html(document, 1, "balanced", EYES, COST, WORDS, len(plan.tiles))


def test_more_tiles_take_longer_for_a_model_that_sees_them(document: OpenDocument) -> None:
    fast, balanced, accurate = _seconds(document, EYES)
    assert 0 < fast < balanced < accurate
    _, plan = document.tile_plan(1, "fast")
    assert fast == pytest.approx(0.25 + 0.5 * len(plan.tiles) + 0.01 * (plan.tokens + WORDS), abs=0.05)


def test_a_model_that_reads_words_takes_the_same_for_every_budget(document: OpenDocument) -> None:
    assert _seconds(document, READER) == [pytest.approx(0.25 + 0.01 * WORDS, abs=0.05)] * 3


def test_what_is_not_known_yet_is_not_said(document: OpenDocument) -> None:
    assert inspector_html(document, 1, "fast", None, None, WORDS).count("<td>…</td>") == 3
