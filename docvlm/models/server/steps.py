"""From a server's pieces to the steps of the engine protocol.

Under a grammar the reply begins with ``request.reply_start``, which servers cannot be relied on to take
as the beginning of the model's turn; it is taken off again here, so that ``" 12.50"`` is as likely after
``Answer:`` as it was in training. Servers tell probabilities as they were before the grammar.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from docvlm.models.protocol import GenerationRequest
from docvlm.models.server.events import ReplyPiece
from docvlm.types import TokenStep

_START_RULE = "start: "


class ReplySteps:
    """Turns one reply into steps, as they come.

    Args:
        follows_grammar: whether the server is given ``grammar``.
    """

    def __init__(self, request: GenerationRequest, follows_grammar: bool) -> None:
        self.grammar: str | None = None
        self._expected = ""
        self._cut_short = False
        self._last = ""
        if follows_grammar and request.grammar is not None:
            self._expected = request.reply_start
            self.grammar = _begin_with(request.grammar, request.reply_start)

    def push(self, piece: ReplyPiece) -> Iterator[TokenStep]:
        """The steps that a piece adds to the reply."""
        self._cut_short = self._cut_short or piece.cut_short
        for token in piece.tokens:
            text = self._without_start(token.text)
            if not text:
                continue
            self._last = text[-1]
            # A model that was not trained on lines wants to end its turn where the grammar wants a line end.
            forced = self.grammar is not None and not text.strip("\n")
            yield TokenStep(text, 1.0 if forced else token.probability, forced)

    def finish(self) -> Iterator[TokenStep]:
        """The end of the last line, which a free reply that is complete does not write."""
        if self._last not in ("", "\n") and not self._cut_short:
            yield TokenStep("\n", 1.0, forced=True)

    def _without_start(self, text: str) -> str:
        shared = min(len(text), len(self._expected))
        if text[:shared] != self._expected[:shared]:  # a server that strips the white space before a reply
            self._expected = ""
            return text
        self._expected = self._expected[shared:]
        return text[shared:]


def _begin_with(grammar: str, text: str) -> str:
    """The grammar of ``text`` followed by what ``grammar`` allows."""
    if not text:
        return grammar
    before, _, after = grammar.partition(_START_RULE)
    rule, _, rest = after.partition("\n")
    return f"{before}{_START_RULE}{json.dumps(text)} ({rule})\n{rest}"
