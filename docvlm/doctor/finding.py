"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """``warn``: docvlm works, but not as well as it could; ``fail``: something will not work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check.

    Attributes:
        check: what was looked at, in a word or two.
        message: what is the case, one sentence or less.
        remedy: what to do about it; empty where all is well.
        exit_code: that of the error which the fault would lead to (see ``docvlm.errors``).
    """

    check: str
    level: Level
    message: str
    remedy: str = ""
    exit_code: int = 0


def ok(check: str, message: str) -> Finding:
    return Finding(check, Level.OK, message)


def warn(check: str, message: str, remedy: str) -> Finding:
    return Finding(check, Level.WARN, message, remedy)


def fail(check: str, message: str, remedy: str, exit_code: int = 1) -> Finding:
    return Finding(check, Level.FAIL, message, remedy, exit_code)
