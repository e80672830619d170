"""Who may log in: names and passwords from a file or the environment."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from pathlib import Path

from docvlm.errors import UsageError

VARIABLE = "DOCVLM_LOGIN"
"""Environment variable that holds the lines of a login file."""


LoginCheck = Callable[[str, str], bool]
"""Tells whether a name and a password fit."""


def login_check(file: Path | None, environment: Mapping[str, str]) -> LoginCheck | None:
    """What tells whether a name and a password fit; None where nobody need log in.

    Args:
        file: lines of ``name:password``; empty ones and those that begin with ``#`` are left out. The
            environment variable ``DOCVLM_LOGIN`` holds such lines where no file is named.

    Raises:
        UsageError: when the file cannot be read, a line is none, or there is nobody who could log in.
    """
    if file is None and VARIABLE not in environment:
        return None
    try:
        text = environment[VARIABLE] if file is None else file.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise UsageError(f"The login file {file} cannot be read.", "Check --login.") from error
    known = logins_in(text)

    def is_right(name: str, password: str) -> bool:
        wanted = known.get(name)
        # Compared also where the name is unknown, so that the time taken tells nothing.
        fits = hmac.compare_digest(password.encode(), (wanted or "").encode())
        return fits and wanted is not None

    return is_right


def logins_in(text: str) -> dict[str, str]:
    """Passwords by name.

    Raises:
        UsageError: when a line has no name or no password, or there is none at all; it quotes no password.
    """
    known: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, password = line.partition(":")
        if not name.strip() or not password or name.strip() in known:
            raise UsageError(f"Line {number} of the logins is wrong.", "Write name:password, each name once.")
        known[name.strip()] = password
    if not known:
        raise UsageError("The logins name nobody.", "Write one name:password a line.")
    return known
