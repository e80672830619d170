"""What a server can do, found out by asking it: interfaces of one name differ, and some ignore in silence.

A server counts as following a grammar only where it writes the one reply that the grammar allows. The
grammars are docvlm's own (llguidance, Lark form): vLLM takes them with ``--structured-outputs-config``
backend ``guidance``, llama.cpp where it was built with llguidance, SGLang with ``--grammar-backend
llguidance``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any

from docvlm.errors import ModelError
from docvlm.models.server.client import Patience, ServerClient
from docvlm.models.server.messages import blank_image, chat_messages

_ONLY_WORD = "docvlm"
_GRAMMAR = (
    "%llguidance {}\n"
    "start: TEXT NEWLINE\n"
    'NEWLINE: "\\n"\n'
    f'RUN: %regex {{"substring_chunks": [" {_ONLY_WORD}"]}}\n'
    "TEXT: RUN & /( [^ \\n]+){1,40}/\n"
)
_SCHEMA = {
    "type": "object",
    "properties": {"word": {"type": "string", "enum": [_ONLY_WORD]}},
    "required": ["word"],
    "additionalProperties": False,
}
_PROMPT = "Say hello."
_TOKENS = 24
_BRIEF = Patience(seconds=120, attempts=2)  # what is refused or fails twice is not offered


class Guidance(Enum):
    """The field of a request in which a server takes a grammar."""

    STRUCTURED_OUTPUTS = "structured_outputs"  # vLLM from 0.12
    GUIDED_GRAMMAR = "guided_grammar"  # vLLM before
    GRAMMAR = "grammar"  # llama.cpp
    EBNF = "ebnf"  # SGLang

    def fields(self, grammar: str) -> dict[str, Any]:
        """What a request holds beside its messages."""
        nested = self is Guidance.STRUCTURED_OUTPUTS
        return {self.value: {"grammar": grammar} if nested else grammar}


@dataclass(frozen=True, slots=True)
class ServerOffer:
    """What was found.

    Attributes:
        guidance: how the server takes a grammar, None where it follows none.
        json_schema: whether it holds a reply to a JSON Schema (``response_format``).
        probabilities: whether it tells the probability of each token.
        sees_pixels: whether a picture adds to the prompt.
    """

    guidance: Guidance | None
    json_schema: bool
    probabilities: bool
    sees_pixels: bool


@dataclass(frozen=True, slots=True)
class _Outcome:
    text: str
    probabilities: bool
    prompt_tokens: int | None


async def probe(client: ServerClient, model: str) -> ServerOffer:
    """Ask the server a handful of tiny things.

    Raises:
        ModelError: when it cannot be reached, or does not answer the plainest request.
    """
    text_only: dict[str, Any] = {
        "model": model,
        "messages": chat_messages(_PROMPT),
        "max_tokens": _TOKENS,
        "temperature": 0,
    }
    plain = await _ask(client, text_only, client.patience)
    picture = await _try(client, {**text_only, "messages": chat_messages(_PROMPT, blank_image())})
    guidance = await _find_guidance(client, text_only)
    return ServerOffer(
        guidance=guidance,
        json_schema=guidance is None and await _holds_json(client, text_only),
        probabilities=await _gives_probabilities(client, text_only),
        sees_pixels=picture is not None and _took_more(picture, plain),
    )


async def _find_guidance(client: ServerClient, body: dict[str, Any]) -> Guidance | None:
    for guidance in Guidance:
        outcome = await _try(client, {**body, **guidance.fields(_GRAMMAR)})
        if outcome is not None and outcome.text.strip() == _ONLY_WORD:
            return guidance
    return None


async def _holds_json(client: ServerClient, body: dict[str, Any]) -> bool:
    outcome = await _try(client, {**body, **json_schema_fields(_SCHEMA)})
    try:
        return outcome is not None and json.loads(outcome.text) == {"word": _ONLY_WORD}
    except ValueError:
        return False


async def _gives_probabilities(client: ServerClient, body: dict[str, Any]) -> bool:
    outcome = await _try(client, {**body, "logprobs": True})
    return outcome is not None and outcome.probabilities


def json_schema_fields(schema: Any) -> dict[str, Any]:
    """What a request holds to have its reply follow a JSON Schema."""
    wanted = {"name": "reply", "strict": True, "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": wanted}}


def _took_more(picture: _Outcome, plain: _Outcome) -> bool:
    """A model that cannot see may take a picture without a word; then its prompt is no longer for it."""
    if picture.prompt_tokens is None or plain.prompt_tokens is None:
        return True
    return picture.prompt_tokens > plain.prompt_tokens


async def _try(client: ServerClient, body: dict[str, Any]) -> _Outcome | None:
    """What came of a request that the server may refuse, or fail at."""
    try:
        return await _ask(client, body, _BRIEF)
    except ModelError:
        return None


async def _ask(client: ServerClient, body: dict[str, Any], patience: Patience) -> _Outcome:
    text, probabilities, prompt_tokens = "", False, None
    async for piece in client.reply(body, patience):
        text += piece.text
        probabilities = probabilities or any(token.probability is not None for token in piece.tokens)
        prompt_tokens = piece.prompt_tokens or prompt_tokens
    return _Outcome(text, probabilities, prompt_tokens)
