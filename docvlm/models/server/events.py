"""One event of a streamed chat completion, as dataclasses (platform.openai.com, "chat completion chunk")."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class ReplyToken:
    """A token and its probability, None where the server does not say."""

    text: str
    probability: float | None


@dataclass(frozen=True, slots=True)
class ReplyPiece:
    """What one event adds to a reply.

    Attributes:
        tokens: the tokens it adds, in order; the whole text as one where the server does not part it.
        finished: True in the event that says why the reply ended.
        cut_short: True where it ended at the length limit.
        prompt_tokens: what the prompt took, None where this event does not say.
    """

    tokens: tuple[ReplyToken, ...]
    finished: bool = False
    cut_short: bool = False
    prompt_tokens: int | None = None

    @property
    def text(self) -> str:
        return "".join(token.text for token in self.tokens)

    def after(self, characters: int) -> ReplyPiece:
        """The piece without its first ``characters`` characters."""
        kept: list[ReplyToken] = []
        for token in self.tokens:
            if characters < len(token.text) or not token.text:
                kept.append(replace(token, text=token.text[characters:]))
            characters = max(0, characters - len(token.text))
        return replace(self, tokens=tuple(kept))


def parse_event(event: dict[str, Any]) -> ReplyPiece:
    """Read an event; whatever it lacks is taken as empty."""
    choices = event.get("choices") or [{}]
    choice = choices[0]
    text = (choice.get("delta") or {}).get("content") or ""
    reason = choice.get("finish_reason")
    return ReplyPiece(
        tokens=_tokens(text, (choice.get("logprobs") or {}).get("content") or []),
        finished=reason is not None,
        cut_short=reason == "length",
        prompt_tokens=(event.get("usage") or {}).get("prompt_tokens"),
    )


def _tokens(text: str, logprobs: list[dict[str, Any]]) -> tuple[ReplyToken, ...]:
    if not text:
        return ()
    if not logprobs or any(entry["logprob"] is None for entry in logprobs):
        return (ReplyToken(text, None),)
    probabilities = [min(1.0, math.exp(entry["logprob"])) for entry in logprobs]
    if "".join(entry["token"] for entry in logprobs) != text:
        # Tokens that are parts of a character, or a server that sends text and tokens out of step.
        return (ReplyToken(text, math.prod(probabilities)),)
    pairs = zip(logprobs, probabilities, strict=True)
    return tuple(ReplyToken(entry["token"], probability) for entry, probability in pairs)
