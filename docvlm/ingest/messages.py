"""What the parent and its worker process say to each other, as frames on a pipe.

A frame is a 4-byte header length, an 8-byte payload length (both big-endian), a JSON header and a
raw payload (file bytes one way, pixels the other). JSON rather than pickle: a worker that a hostile
file has taken over must not be able to run code in the parent.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass, fields
from typing import Any, BinaryIO

from docvlm.config import Limits
from docvlm.types import Box, LayerWord

_LENGTHS = struct.Struct(">IQ")
POPPLER_STEPS = 2
"""Poppler is asked for the size of a page, then for its pixels; each may take a page's time."""
_HEADER_LIMIT = 256 * 2**20


class FramingError(Exception):
    """The other side is gone, or what it sent is no frame."""


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """Open the file at ``path``, or the payload where ``path`` is None."""

    media_type: str
    name: str
    path: str | None
    password: str | None
    dpi: int | None
    limits: Limits


@dataclass(frozen=True, slots=True)
class PagesRequest:
    """Send these pages one after the other; ``images`` False leaves the pixels out.

    ``previews``: a page with words comes with its preview in place of its image.
    """

    numbers: tuple[int, ...]
    images: bool
    previews: bool = False


@dataclass(frozen=True, slots=True)
class PopplerRequest:
    """Draw one page of the open PDF with poppler."""

    number: int


@dataclass(frozen=True, slots=True)
class Opened:
    """The file is open."""

    page_count: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The file cannot be opened; ``error`` is the name of a class in ``docvlm.errors``."""

    error: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class PageReply:
    """A page; ``reason`` says why it could not be read, and is None where it could; ``lost`` where
    nothing is left of it in the file, for any renderer to draw.

    The payload holds the image, height × width × 3 bytes, or nothing, or the preview where
    ``preview_size`` (width, height) says so: height × width bytes.
    """

    number: int
    width: int = 0
    height: int = 0
    points_per_pixel: float | None = None
    words: tuple[LayerWord, ...] | None = None
    notes: tuple[str, ...] = ()
    reason: str | None = None
    preview_size: tuple[int, int] | None = None
    lost: bool = False

    @property
    def payload_length(self) -> int:
        """Bytes of the pixels, where there are any."""
        if self.preview_size is None:
            return self.width * self.height * 3
        return self.preview_size[0] * self.preview_size[1]


Message = OpenRequest | PagesRequest | PopplerRequest | Opened | Refused | PageReply
_BY_NAME: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (OpenRequest, PagesRequest, PopplerRequest, Opened, Refused, PageReply)
}


def write_frame(stream: BinaryIO, message: Message, payload: bytes = b"") -> None:
    """Send a message and its payload.

    Raises:
        FramingError: when nobody reads any more.
    """
    values = {field.name: getattr(message, field.name) for field in fields(message)}
    header = json.dumps([type(message).__name__, values], default=_to_json).encode()
    try:
        stream.write(_LENGTHS.pack(len(header), len(payload)) + header)
        stream.write(payload)
        stream.flush()
    except (OSError, ValueError) as error:
        raise FramingError("nobody reads any more") from error


def read_frame(stream: BinaryIO, payload_limit: int) -> tuple[Message, bytearray]:
    """Receive a message and its payload.

    Raises:
        FramingError: at the end of the stream, and when the bytes are no frame or exceed the limit.
    """
    header_length, payload_length = _LENGTHS.unpack(_read_exactly(stream, _LENGTHS.size))
    if header_length > _HEADER_LIMIT or payload_length > payload_limit:
        raise FramingError("a frame is larger than allowed")
    header, payload = _read_exactly(stream, header_length), _read_exactly(stream, payload_length)
    try:
        name, values = json.loads(header)
        return _from_json(_BY_NAME[name], values), payload
    except (ValueError, TypeError, KeyError) as error:
        raise FramingError("a frame is not understood") from error


def _read_exactly(stream: BinaryIO, length: int) -> bytearray:
    data = bytearray(length)
    view = memoryview(data)
    while view:
        try:
            count = stream.readinto(view)  # type: ignore[attr-defined]
        except (OSError, ValueError) as error:
            raise FramingError("the stream is broken") from error
        if not count:
            raise FramingError("the stream ended")
        view = view[count:]
    return data


def _to_json(value: object) -> object:
    if isinstance(value, LayerWord):
        box = value.box
        corners = [round(corner, 2) for corner in (box.x0, box.y0, box.x1, box.y1)]
        return [value.text, *corners, value.block, value.line, value.font_size, value.bold, value.visible]
    if isinstance(value, Limits):
        return asdict(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")


def _from_json(kind: type[Any], values: dict[str, Any]) -> Message:
    if kind is OpenRequest:
        values["limits"] = Limits(**values["limits"])
    elif kind is PagesRequest:
        values["numbers"] = tuple(values["numbers"])
    elif kind is PageReply:
        values["notes"] = tuple(str(note) for note in values["notes"])
        values["preview_size"] = values["preview_size"] and tuple(values["preview_size"])
        if values["words"] is not None:
            values["words"] = tuple(
                LayerWord(text, Box(x0, y0, x1, y1), block, line, font_size, bold, visible)
                for text, x0, y0, x1, y1, block, line, font_size, bold, visible in values["words"]
            )
    message: Message = kind(**values)
    return message
