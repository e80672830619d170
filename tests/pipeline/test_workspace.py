"""Adapters are switched while documents are open and answers are being written, and only where they fit."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from docvlm.adapters import AdapterCard
from docvlm.config import Settings
from docvlm.errors import ModelError
from docvlm.models.protocol import Engine, GenerationRequest, PageInput
from docvlm.pipeline import Workspace, workspace
from tests.engines import WrittenEngine
from tests.models.tiny_checkpoints import save_random_adapter, save_tiny_checkpoint

PAGE = PageInput("page", "Harbour Books\nTotal 12.50")
REQUEST = GenerationRequest("What is the total?", max_tokens=12)


@dataclass(frozen=True, slots=True, eq=False)
class Shop:
    """A workspace over a random model, with the adapters ``one`` and ``two`` on its shelf."""

    workspace: Workspace
    base: Path
    adapter: Path
    revision: str

    told: list[str]

    def keep(
        self, name: str, tiling: str = "idefics3", revision: str | None = None, reader: str = ""
    ) -> None:
        card = AdapterCard(name, str(self.base), revision or self.revision, tiling=tiling, reader=reader)
        self.workspace.adapters.keep(self.adapter, card)

    def load_while_fast_tiles_are_chosen(self, *_arguments: object, **_options: object) -> Engine:
        """In place of ``load_engine``."""
        self.workspace.use_budget("fast")
        return WrittenEngine(lambda _page, _prompt: "", sees_pixels=True)

    def reply(self) -> str:
        return "".join(step.text for step in self.workspace.engine.generate(PAGE, REQUEST))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("weights")
    base = save_tiny_checkpoint("idefics3", folder / "base")
    return base, save_random_adapter(base, folder / "adapter")


@pytest.fixture
def shop(weights: tuple[Path, Path], tmp_path: Path) -> Iterator[Shop]:
    base, adapter = weights
    settings = Settings(tmp_path / "home", f"sqlite:///{tmp_path / 'home' / 'd.sqlite'}", model=str(base))
    told: list[str] = []
    with Workspace(settings, told.append) as workspace:
        shop = Shop(workspace, base, adapter, workspace.engine.card.base_revision, told)
        shop.keep("one")
        yield shop


def test_an_adapter_is_switched_on_and_off_without_a_restart(shop: Shop) -> None:
    plain = shop.reply()
    shop.workspace.use_adapter("one")
    assert shop.reply() != plain
    assert shop.workspace.engine.card.adapter == str(shop.workspace.adapters.folder_of("one"))
    shop.workspace.adapters.delete("one")
    assert shop.reply() != plain  # what is in use stays in use
    shop.workspace.use_adapter("none")
    assert shop.reply() == plain


def test_the_one_that_is_switched_on_is_used_from_the_start(shop: Shop) -> None:
    plain = shop.reply()
    shop.workspace.adapters.activate("one")
    with Workspace(shop.workspace.settings) as fresh:
        assert fresh.engine.card.adapter is not None
    shop.workspace.use_adapter(None)
    assert shop.reply() != plain


@pytest.mark.parametrize(
    ("tiling", "revision", "reason"),
    [
        ("balanced", None, "trained with 'balanced' tiles; pages would now be shown with 'idefics3' tiles"),
        ("idefics3", "0123456789ab", "trained over version 0123456789ab"),
    ],
)
def test_what_does_not_fit_is_refused_and_the_model_in_use_stays(
    shop: Shop, tiling: str, revision: str | None, reason: str
) -> None:
    shop.workspace.use_adapter("one")
    before = shop.reply()
    shop.keep("misfit", tiling, revision)
    with pytest.raises(ModelError, match=reason):
        shop.workspace.use_adapter("misfit")
    assert shop.reply() == before
    assert shop.workspace.engine.card.adapter == str(shop.workspace.adapters.folder_of("one"))


def test_an_adapter_with_damaged_weights_leaves_the_model_in_use(shop: Shop) -> None:
    before = shop.reply()
    shop.keep("damaged")
    (shop.workspace.adapters.folder_of("damaged") / "adapter_model.safetensors").write_bytes(b"rubbish")
    with pytest.raises(ModelError, match="is damaged"):
        shop.workspace.use_adapter("damaged")
    with pytest.raises(ModelError, match="no adapter called 'nobody'"):
        shop.workspace.use_adapter("nobody")
    assert shop.reply() == before


def test_a_reply_that_has_begun_is_finished_by_the_model_that_began_it(shop: Shop) -> None:
    whole = shop.reply()
    steps = shop.workspace.engine.generate(PAGE, REQUEST)
    begun = next(steps).text
    switching = threading.Thread(target=shop.workspace.use_adapter, args=("one",))
    switching.start()
    switching.join(60)
    assert not switching.is_alive()
    assert begun + "".join(step.text for step in steps) == whole
    assert shop.reply() != whole


def test_an_adapter_folder_that_is_no_shelf_entry_can_be_named(shop: Shop, tmp_path: Path) -> None:
    plain = shop.reply()
    elsewhere = shutil.copytree(shop.adapter, tmp_path / "elsewhere")
    shop.workspace.use_adapter(str(elsewhere))
    assert shop.reply() != plain


def test_an_adapter_that_learnt_from_another_reader_is_used_with_a_warning(shop: Shop) -> None:
    shop.keep("old", reader="an earlier one")
    shop.workspace.use_adapter("old")
    assert [line for line in shop.told if "words of reader an earlier one" in line]
    assert shop.workspace.engine.card.adapter is not None


def test_tiles_that_are_chosen_while_a_model_is_loaded_stay_chosen(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "load_engine", shop.load_while_fast_tiles_are_chosen)
    shop.workspace.use_model("another")
    assert (shop.workspace.settings.model, shop.workspace.settings.budget) == ("another", "fast")


def test_an_adapter_is_refused_for_tiles_that_were_chosen_while_it_was_loaded(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.keep("balanced", tiling="balanced")
    before = shop.workspace.engine
    monkeypatch.setattr(workspace, "load_engine", shop.load_while_fast_tiles_are_chosen)
    with pytest.raises(ModelError, match=r"trained with 'balanced' tiles.*shown with 'fast' tiles"):
        shop.workspace.use_adapter("balanced")
    assert shop.workspace.engine is before
    assert (shop.workspace.settings.adapter, shop.workspace.settings.budget) == (None, "fast")
