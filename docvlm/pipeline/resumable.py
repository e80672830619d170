"""An engine that is asked about a long document: what it replied is kept until the document is done."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator

from docvlm.models.around import EngineAround
from docvlm.models.protocol import Engine, GenerationRequest, PageInput
from docvlm.store import Replies
from docvlm.types import TokenStep


class ResumableEngine(EngineAround):
    """Replies as ``engine`` does; a request that was replied to in full before is not computed again."""

    def __init__(self, engine: Engine, replies: Replies) -> None:
        super().__init__(engine)
        self._replies = replies

    def generate(
        self, page: PageInput, request: GenerationRequest, cancel: threading.Event | None = None
    ) -> Iterator[TokenStep]:
        """Stream a reply; it is kept once its last token was taken.

        Raises:
            StoreError: when it cannot be kept.
        """
        name = _name_of(page, request)
        kept = self._replies.find(name)
        if kept is not None:
            yield from kept
            return
        tokens: list[TokenStep] = []
        for token in self._engine.generate(page, request, cancel):
            tokens.append(token)
            yield token
        self._replies.keep(name, tokens)


def _name_of(page: PageInput, request: GenerationRequest) -> str:
    """A hash of all that decides a reply, but for the model."""
    told = (
        page.key,
        request.prompt,
        request.reply_start,
        request.grammar,
        request.max_tokens,
        request.json_schema,
        request.absent,
    )
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
