"""What every engine does: image tiles + reader text + prompt → a stream of tokens with probabilities.

An engine knows pages as pixels and text. It knows nothing of files, questions, schemas or the store.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from docvlm.adapters import NOTHING_KNOWN, KnownValues
from docvlm.models.calibration import UNCALIBRATED, Calibration
from docvlm.tiling import Budget, TilePlan
from docvlm.types import RgbImage, TokenStep

Draft = Callable[[str], str]
"""Given a reply so far, what probably follows; empty where nothing can be told."""


@dataclass(frozen=True, slots=True, eq=False)
class PageInput:
    """What a model may see of one page (or of a part of it).

    Attributes:
        key: identifies the content; two inputs with one key share one computed prefix.
        reader_text: the page's words laid out as on the page; empty where nothing was read.
        image: the page's pixels, or None to show the model text alone.
        plan: how ``image`` is cut into tiles, made by ``Engine.plan_page``.
    """

    key: str
    reader_text: str
    image: RgbImage | None = None
    plan: TilePlan | None = None


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One thing to ask about a page.

    Attributes:
        prompt: what the user's turn says after the page.
        reply_start: words put into the model's mouth, not returned.
        grammar: an llguidance grammar that the reply obeys, or None for free text.
        max_tokens: upper limit on the tokens of the reply, forced ones included.
        draft: what is drafted is checked in one pass: the same reply, sooner. It can be pickled.
        json_schema: what a free reply should look like; a wish, for engines that follow no grammar.
        absent: how the grammar lets a value behind a colon say that it is not there, with the space before
            it. It is taken only where it is likelier than all values together. Empty: as any other words.
            A wish: engines behind a server do as they are wont to.
    """

    prompt: str
    reply_start: str = ""
    grammar: str | None = None
    max_tokens: int = 512
    draft: Draft | None = None
    json_schema: str | None = None
    absent: str = ""


@dataclass(frozen=True, slots=True)
class EngineCard:
    """What an engine says of itself.

    Attributes:
        name: as the user names it (``embedded``, a Hub name, a folder).
        revision: changes whenever the weights change; answers are stored under it.
        sees_pixels: whether page images reach the model at all.
        base_revision: the same without the user's adapter; an adapter is refused over any other.
        adapter: the user's adapter, None without one.
        calibration: how sure its probabilities really are.
        contract: how the checkpoint itself wants pages cut; empty where the tile budget decides.
        note: one line for the user where something about this engine must be known, else empty.
        follows_grammar: whether replies obey ``GenerationRequest.grammar``; where not, they are free text.
        known: the texts that the adapter's labels hold.
    """

    name: str
    revision: str
    sees_pixels: bool
    note: str = ""
    base_revision: str = ""
    adapter: str | None = None
    contract: str = ""
    calibration: Calibration = UNCALIBRATED
    follows_grammar: bool = True
    known: KnownValues = NOTHING_KNOWN

    def tiling(self, budget: str) -> str:
        """What decides how pages are cut, as it is kept with results and adapters; empty without pixels."""
        return (self.contract or budget) if self.sees_pixels else ""


class Engine(Protocol):
    """A loaded model. Safe to call from several threads; calls wait for each other."""

    @property
    def card(self) -> EngineCard: ...

    def plan_page(self, width: int, height: int, budget: Budget) -> TilePlan:
        """How this engine cuts a page of so many pixels; checkpoints with a contract ignore the budget."""

    def views(self, image: RgbImage, plan: TilePlan) -> tuple[RgbImage, ...]:
        """The pixels of each view of a plan of this engine's for a page, as they reach the model."""

    def count_tokens(self, text: str) -> int:
        """The number of tokens that ``text`` takes in a prompt."""

    def generate(
        self, page: PageInput, request: GenerationRequest, cancel: threading.Event | None = None
    ) -> Iterator[TokenStep]:
        """Stream a reply. The page's part of the prompt is computed once and kept for the next call.

        Raises:
            Cancelled: soon after ``cancel`` was set.
            ModelError: when the page does not fit the model's context.
        """

    def close(self) -> None:
        """Free the weights and caches."""
