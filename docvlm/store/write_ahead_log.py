"""Is the write-ahead log that SQLite left beside a database whole?

SQLite itself passes over whatever does not fit its checksums, so changes that were committed would be
gone without a word. The format is that of sqlite.org/fileformat2.html, section 4. All integers in the log
are big-endian; the byte order of the checksums' input is in the first number.
"""

from __future__ import annotations

import functools
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

_MAGIC = 0x377F0682  # with 1 added where checksums are taken over big-endian words
_HEADER = struct.Struct(">8I")  # magic, version, page size, sequence, salt 1 and 2, checksum 1 and 2
_FRAME_HEADER = 24
_FRAMES_AT_ONCE = 512

Words = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class LogDamage:
    """``frame`` is the first that is damaged, from 1, with later changes behind it; 0 for the header."""

    frame: int

    def __str__(self) -> str:
        return f"at change {self.frame:,}" if self.frame else "at its beginning"


def find_damage(log: Path) -> LogDamage | None:
    """Look through a write-ahead log.

    A log that just ends early is whole: so it is after a crash in the midst of a change. It is damaged
    where what is not readable is followed by changes that were committed.

    Returns:
        None where it is whole, empty or not there.
    """
    try:
        data = log.read_bytes()
    except OSError:
        return None
    if len(data) <= _HEADER.size:
        return None
    magic, _, page_size, _, salt1, salt2, *checksum = _HEADER.unpack_from(data)
    order = ">" if magic & 1 else "<"
    if magic & ~1 != _MAGIC or _checksums(data[: _HEADER.size - 8], order) != tuple(checksum):
        return LogDamage(0)
    frame_size = _FRAME_HEADER + (65536 if page_size == 1 else page_size)
    count = (len(data) - _HEADER.size) // frame_size
    frames = np.frombuffer(data, np.uint8, count * frame_size, _HEADER.size).reshape(count, frame_size)
    heads = np.ascontiguousarray(frames[:, :_FRAME_HEADER]).view(">u4")  # page, size, salts, checksums
    current = (heads[:, 2] == salt1) & (heads[:, 3] == salt2)
    good = _frames_in_order(frames, heads, current, order, (checksum[0], checksum[1]))
    committed_behind = current[good:] & (heads[good:, 1] != 0)
    return LogDamage(good + 1) if committed_behind[1:].any() else None


def _frames_in_order(
    frames: npt.NDArray[np.uint8],
    heads: npt.NDArray[np.uint32],
    current: npt.NDArray[np.bool_],
    order: str,
    start: tuple[int, int],
) -> int:
    """How many frames from the first on have the salts of the header and the right checksums."""
    power = _power(frames.shape[1] // 8 - _FRAME_HEADER // 8 + 1)
    state = np.array(start, np.uint32)
    for begin in range(0, len(frames), _FRAMES_AT_ONCE):
        block = frames[begin : begin + _FRAMES_AT_ONCE]
        covered = np.concatenate([block[:, :8], block[:, _FRAME_HEADER:]], axis=1)
        sums = _sums(covered, order)
        for index, own in enumerate(sums, start=begin):
            state = power @ state + own
            if not current[index] or (state != heads[index, 4:]).any():
                return index
    return len(frames)


def _checksums(data: bytes, order: str) -> tuple[int, int]:
    first, second = _sums(np.frombuffer(data, np.uint8)[None], order)[0]
    return int(first), int(second)


def _sums(rows: npt.NDArray[np.uint8], order: str) -> Words:
    """The checksums of rows of bytes, each taken from zero; shape (rows, 2).

    SQLite takes a step for each pair of words x: s0 += x0 + s1, then s1 += x1 + s0. That is linear, so the
    sums of n pairs are one product of the words with weights that depend on n alone.
    """
    words = np.ascontiguousarray(rows).view(f"{order}u4").astype(np.uint32)
    return words @ _weights(words.shape[1] // 2)


@functools.cache
def _weights(pairs: int) -> Words:
    """What each word of so many pairs adds to both sums, modulo 2³²; shape (2 · pairs, 2)."""
    weights = np.empty((2 * pairs, 2), np.uint32)
    step = np.array([[1, 0], [1, 1]], np.uint32)  # of the last pair: x0 is in both sums, x1 in the second
    matrix = np.array([[1, 1], [1, 2]], np.uint32)
    for pair in reversed(range(pairs)):
        weights[2 * pair : 2 * pair + 2] = step.T
        step = matrix @ step
    return weights


@functools.cache
def _power(pairs: int) -> Words:
    """What so many steps make of the sums before them."""
    return np.linalg.matrix_power(np.array([[1, 1], [1, 2]], np.uint32), pairs)
