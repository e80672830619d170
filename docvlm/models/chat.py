"""The embedded model's chat frame, the same for answering and for training.

Only the frame holds control tokens. Page text, questions and replies are encoded as plain characters,
so that ``<|im_end|>`` printed on a page cannot end a turn.
"""

from __future__ import annotations

from typing import Protocol

from docvlm.prompts import SYSTEM
from docvlm.tiling.plan import TOKENS_PER_TILE

IMAGE_TOKEN = "<empty_output>"  # noqa: S105  (a token of text, no password)
"""A control token of SmolLM2 that nothing else uses: it stands where a state of a tile goes.

Text of documents and people is never encoded to it, and no row has to be added to the vocabulary.
"""

_BEFORE_PAGE = f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n"
_AFTER_PROMPT = "<|im_end|>\n<|im_start|>assistant\n"


class Tokenizer(Protocol):
    """The part of a transformers tokenizer that is used here."""

    def encode(self, text: str, *, add_special_tokens: bool, split_special_tokens: bool) -> list[int]: ...


class ChatEncoder:
    """Turns the parts of a conversation about a page into token ids (ChatML, as SmolLM2-Instruct uses)."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def plain(self, text: str) -> list[int]:
        """Ids of text from a document or a person; nothing in it is a control token."""
        return self._tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)

    @property
    def image_id(self) -> int:
        """The id that stands where a state of a tile goes."""
        (number,) = self._frame(IMAGE_TOKEN)
        return number

    def page(self, reader_text: str, tiles: int = 0) -> list[int]:
        """Ids of the conversation up to and including the page: its tiles, where seen, and its words."""
        pictures = self._frame(f"{IMAGE_TOKEN * TOKENS_PER_TILE}\n") * tiles
        return self._frame(_BEFORE_PAGE) + pictures + self.plain(f"{reader_text}\n\n")

    def prompt(self, prompt: str, reply_start: str = "") -> list[int]:
        """Ids of the request that follows the page, and of the start of the reply."""
        return self.plain(prompt) + self._frame(_AFTER_PROMPT) + self.plain(reply_start)

    def _frame(self, text: str) -> list[int]:
        return self._tokenizer.encode(text, add_special_tokens=False, split_special_tokens=False)
