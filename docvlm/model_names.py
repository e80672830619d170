"""Models by the names under which others may know them: where a folder lies on this machine is left out."""

from __future__ import annotations

import re
from pathlib import PurePath

EMBEDDED = "embedded"
"""The model that docvlm brings along."""

PATH_START = r"(?:[~.]*[/\\]|[A-Za-z]:[/\\](?!/))"
"""How the path of a file or folder begins, as a regular expression; names on the Hub and addresses do not."""


def short_name(model: str) -> str:
    """The name under which a model is shown or handed out: a folder of this machine goes by its last part."""
    return last_part(model) if re.match(PATH_START, model) else model


def last_part(path: str) -> str:
    """The name at the end of a path; full stops behind it, as at the end of a sentence, stay."""
    body = path.rstrip(".")
    return PurePath(body.replace("\\", "/")).name + path[len(body) :]
