"""Printed labels as names of fields."""

from __future__ import annotations

import re

from docvlm.errors import SchemaError
from docvlm.schemas import FieldSpec

LONGEST_NAME = 64

_NOT_IN_A_NAME = re.compile(r"[^\w-]+")


def field_name(printed: str) -> str:
    """``Name / Phone Ext. :`` → ``Name Phone Ext``: what a schema accepts; a usable name stays as it is.

    Punctuation becomes a space, what stands before the first letter is dropped, and a long label ends
    with its last whole word. Without a letter, ``field`` is put in front (``14`` → ``field 14``).
    """
    if _is_name(printed):
        return printed
    words = _NOT_IN_A_NAME.sub(" ", printed).split()
    text = " ".join(words).strip("_- ")
    lettered = re.sub(r"^[\W\d_]+", "", text)
    name = lettered or f"field {text}".strip()
    if len(name) > LONGEST_NAME:
        name = name[: LONGEST_NAME + 1].rpartition(" ")[0] or name[:LONGEST_NAME]
    return name.strip("_- ")


def _is_name(text: str) -> bool:
    try:
        FieldSpec(text)
    except SchemaError:
        return False
    return True
