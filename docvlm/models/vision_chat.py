"""The chat frame of a checkpoint, cut where the page ends and the question begins.

As in ``docvlm.models.chat``, only the frame holds control tokens; page text, questions and replies are
encoded as plain characters.
"""

from __future__ import annotations

from typing import Any

from docvlm.errors import ModelError
from docvlm.prompts import SYSTEM

# Stands for the text of the user's turn while the template is rendered; no template changes it.
_TEXT_MARK = "docvlm-text-goes-here"
_REMEDY = "Use an instruction-tuned checkpoint with its own processor files."


class VisionChat:
    """Turns an image, page text and a prompt into token ids.

    Args:
        tokenizer: a fast transformers tokenizer.
        chat_template: the checkpoint's Jinja template.
        image_token: what the template writes where the image goes.

    Raises:
        ModelError: when the template leaves out the image or the text.
    """

    def __init__(self, tokenizer: Any, chat_template: str, image_token: str) -> None:
        self._tokenizer = tokenizer
        self._image_token = image_token
        self._text_frame = self._render(chat_template, [])
        self._image_frame = self._render(chat_template, [{"type": "image"}])
        if self._image_frame[0].count(image_token) != 1:
            raise ModelError(
                f"The model's chat template does not place one {image_token} for an image.", _REMEDY
            )

    def plain(self, text: str) -> list[int]:
        """Ids of text from a document or a person; nothing in it is a control token."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
        return ids

    def page(self, reader_text: str, image_prompt: str | None) -> list[int]:
        """Ids of the conversation up to and including the page.

        ``image_prompt`` is what the image takes up (``Contract.prompt``), None without an image.
        """
        if image_prompt is None:
            before = self._text_frame[0]
        else:
            before = self._image_frame[0].replace(self._image_token, image_prompt)
        return self._frame(before) + self.plain(f"\n{SYSTEM}\n\n{reader_text}\n\n")

    def prompt(self, prompt: str, reply_start: str = "") -> list[int]:
        """Ids of the request that follows the page, and of the start of the reply."""
        return self.plain(prompt) + self._frame(self._text_frame[1]) + self.plain(reply_start)

    def _render(self, chat_template: str, content: list[dict[str, str]]) -> tuple[str, str]:
        """The frame before and after the text of the user's turn."""
        messages = [{"role": "user", "content": [*content, {"type": "text", "text": _TEXT_MARK}]}]
        rendered = self._tokenizer.apply_chat_template(
            messages, chat_template=chat_template, tokenize=False, add_generation_prompt=True
        )
        before, found, after = rendered.partition(_TEXT_MARK)
        if not found:
            raise ModelError(
                "The model's chat template leaves out the user's text.",
                "Use an instruction-tuned checkpoint.",
            )
        beginning = self._tokenizer.bos_token
        if beginning and self._adds_beginning() and not before.startswith(beginning):
            before = beginning + before
        return before, after

    def _adds_beginning(self) -> bool:
        return bool(self._tokenizer.encode("", add_special_tokens=True)[:1] == [self._tokenizer.bos_token_id])

    def _frame(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False, split_special_tokens=False)
        return ids
