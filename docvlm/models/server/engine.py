"""An engine whose model runs elsewhere: vLLM, SGLang, llama.cpp, ``transformers serve`` and the like."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import queue
import threading
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

from docvlm.config import ServerLimits
from docvlm.errors import Cancelled, ModelError
from docvlm.models.language_model import Report
from docvlm.models.protocol import EngineCard, GenerationRequest, PageInput
from docvlm.models.server.address import ServerAddress, parse_server_address, server_key
from docvlm.models.server.client import ServerClient
from docvlm.models.server.events import ReplyPiece
from docvlm.models.server.messages import chat_messages, scaled
from docvlm.models.server.offer import ServerOffer, json_schema_fields, probe
from docvlm.models.server.steps import ReplySteps
from docvlm.tiling import Budget, TilePlan, native_views, plan_tiles
from docvlm.types import RgbImage, TokenStep

Value = TypeVar("Value")

_CANCEL_CHECK_SECONDS = 0.05
_CHARACTERS_A_TOKEN = 3  # few enough for prices and codes; servers count in different ways
_KNOWN_OF_WEIGHTS = ("id", "root", "owned_by", "meta", "max_model_len")


class ServerEngine:
    """A model behind OpenAI's chat interface. Replies run side by side, up to the concurrency limit.

    The model's name and what the server says of it make the revision: a server that changes its weights
    under one name cannot be told from one that does not.

    Args:
        name: ``http://host:port/v1#model``; the model may be left out where the server has one only.
        limits: concurrency, time-outs and patience.
        report: called with one sentence for each slow step.

    Raises:
        ModelError: when the server cannot be reached, wants a key, or does not have the model.
    """

    def __init__(
        self, name: str, limits: ServerLimits | None = None, report: Report = lambda _line: None
    ) -> None:
        address, key = parse_server_address(name), server_key(os.environ)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="model-server", daemon=True)
        self._thread.start()
        self._client = ServerClient(address, limits or ServerLimits(), key)
        try:
            report(f"Asking the model server {address.host} what it can do.")
            entry = _choose(self._wait_for(self._client.models()), address)
            self._model = str(entry["id"])
            self._offer = self._wait_for(probe(self._client, self._model))
        except BaseException:
            self.close()
            raise
        revision = _revision(entry, self._offer)
        self._card = EngineCard(
            name=name,
            revision=revision,
            base_revision=revision,
            sees_pixels=self._offer.sees_pixels,
            note=_note(address, self._offer),
            follows_grammar=self._offer.guidance is not None,
        )

    @property
    def card(self) -> EngineCard:
        return self._card

    def plan_page(self, width: int, height: int, budget: Budget) -> TilePlan:
        """docvlm's own plan; the page is sent whole at the plan's scale, and the server cuts it."""
        return plan_tiles(width, height, budget)

    def views(self, image: RgbImage, plan: TilePlan) -> tuple[RgbImage, ...]:
        """The parts of the page that the plan names; how the server cuts it is not known."""
        return native_views(image, plan)

    def count_tokens(self, text: str) -> int:
        """An estimate, rather too many than too few."""
        return -(-len(text) // _CHARACTERS_A_TOKEN)

    def generate(
        self, page: PageInput, request: GenerationRequest, cancel: threading.Event | None = None
    ) -> Iterator[TokenStep]:
        """Stream a reply; a lost or busy server is asked again (see ``ServerClient.reply``).

        Raises:
            Cancelled: soon after ``cancel`` was set; the server is told by closing the connection.
            ModelError: when the server stays away, or refuses the request.
        """
        steps = ReplySteps(request, self._card.follows_grammar)
        for piece in self._pieces(self._body(page, request, steps.grammar), cancel):
            yield from steps.push(piece)
        yield from steps.finish()

    def close(self) -> None:
        """Drop the connections; a reply in progress ends with an error."""
        if self._loop.is_closed():
            return
        self._wait_for(self._shut_down())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _body(self, page: PageInput, request: GenerationRequest, grammar: str | None) -> dict[str, Any]:
        image = page.image if self._offer.sees_pixels else None
        if image is not None and page.plan is not None:
            image = scaled(image, page.plan.scale)
        body: dict[str, Any] = {
            "model": self._model,
            "messages": chat_messages(f"{page.reader_text}\n\n{request.prompt}", image),
            "max_tokens": request.max_tokens,
            "temperature": 0,
        }
        if self._offer.probabilities:
            body["logprobs"] = True
        if grammar is not None and self._offer.guidance is not None:
            body.update(self._offer.guidance.fields(grammar))
        elif request.json_schema is not None and self._offer.json_schema:
            body.update(json_schema_fields(json.loads(request.json_schema)))
        return body

    def _pieces(self, body: dict[str, Any], cancel: threading.Event | None) -> Iterator[ReplyPiece]:
        """The pieces of a reply, handed over from the event loop's thread."""
        self._refuse_closed()
        arrived: queue.SimpleQueue[ReplyPiece | Exception | None] = queue.SimpleQueue()
        task = asyncio.run_coroutine_threadsafe(self._receive(body, arrived), self._loop)
        try:
            while True:
                if cancel is not None and cancel.is_set():
                    raise Cancelled
                try:
                    piece = arrived.get(timeout=_CANCEL_CHECK_SECONDS)
                except queue.Empty:
                    self._refuse_closed()
                    continue
                if piece is None:
                    return
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            task.cancel()

    async def _receive(
        self, body: dict[str, Any], arrived: queue.SimpleQueue[ReplyPiece | Exception | None]
    ) -> None:
        try:
            async for piece in self._client.reply(body):
                arrived.put(piece)
            arrived.put(None)
        except asyncio.CancelledError:
            arrived.put(_closed())
            raise
        except Exception as error:  # noqa: BLE001 - handed over to the thread that waits for it
            arrived.put(error)

    def _refuse_closed(self) -> None:
        """A run that began with this engine may go on with it after another was chosen."""
        if self._loop.is_closed():
            raise _closed()

    async def _shut_down(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._client.close()

    def _wait_for(self, work: Coroutine[Any, Any, Value]) -> Value:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def _closed() -> ModelError:
    return ModelError("The connection to the model server was closed.", "Open it again.")


def _choose(entries: list[dict[str, Any]], address: ServerAddress) -> dict[str, Any]:
    """The entry of the model that was asked for.

    A name that the list lacks is left for the server to judge: some list only what they have loaded.
    """
    names = [str(entry["id"]) for entry in entries]
    if address.model is None:
        if len(entries) == 1:
            return entries[0]
        raise ModelError(
            f"The model server {address.host} has {len(entries)} models.",
            f"Add one of them to the address after #: {', '.join(names[:8]) or 'its name'}.",
        )
    for entry in entries:
        if address.model == entry["id"] or address.model in (entry.get("aliases") or ()):
            return entry
    return {"id": address.model}


def _revision(entry: dict[str, Any], offer: ServerOffer) -> str:
    """A short hash of what the server says of the model, without what changes from day to day."""
    known = {key: entry[key] for key in _KNOWN_OF_WEIGHTS if key in entry}
    content = json.dumps([known, str(offer)], sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _note(address: ServerAddress, offer: ServerOffer) -> str:
    notes = [f"Pages are sent to {address.host}."]
    if offer.guidance is None:
        notes.append("It follows no grammar: a reply that does not stand on the page counts as 'not found'.")
    if not offer.probabilities:
        notes.append("It tells no token probabilities: every confidence is the same 0.5.")
    if not offer.sees_pixels:
        notes.append("Its model reads the page's words only.")
    return " ".join(notes)
