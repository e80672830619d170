"""What a server's model is shown: the page as a picture and as words, and the request after it."""

from __future__ import annotations

import base64
from typing import Any

import cv2
import numpy as np

from docvlm.prompts import SYSTEM
from docvlm.types import RgbImage

_BLANK_SIDE = 224  # pixels; vision encoders refuse much smaller ones


def chat_messages(text: str, image: RgbImage | None = None) -> list[dict[str, Any]]:
    """The system's and the user's message; a picture stands before the text."""
    content: Any = text
    if image is not None:
        content = [{"type": "image_url", "image_url": {"url": png_data_url(image)}}, _text_part(text)]
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": content}]


def png_data_url(image: RgbImage) -> str:
    """An RGB picture, shape (height, width, 3), as a ``data:`` URL."""
    encoded = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1]
    return f"data:image/png;base64,{base64.b64encode(encoded.tobytes()).decode('ascii')}"


def blank_image() -> RgbImage:
    return np.full((_BLANK_SIDE, _BLANK_SIDE, 3), 255, dtype=np.uint8)


def scaled(image: RgbImage, scale: float) -> RgbImage:
    """The picture at ``scale``, which is at most 1."""
    if scale >= 1:
        return image
    height, width = image.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _text_part(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}
