"""Training settings as text, as a command line or a form gives them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import get_type_hints

from docvlm.errors import UsageError
from finetune.training.settings import TrainingSettings, help_texts

_YES = ("yes", "true", "on", "1")
_NO = ("no", "false", "off", "0")


def parse_settings(assignments: Iterable[str]) -> dict[str, object]:
    """The values of ``NAME=VALUE`` texts by name, each in its setting's type.

    Raises:
        UsageError: for a name that is no setting, or a value of another type.
    """
    return dict(_parse_assignment(text) for text in assignments)


def parse_setting(name: str, text: str) -> object:
    """The value of a setting in its own type; an empty text is no value where that is allowed.

    Args:
        name: of a setting.

    Raises:
        UsageError: for a text that is no such value.
    """
    try:
        return _value(str(get_type_hints(TrainingSettings)[name]), text.strip())
    except ValueError as error:
        raise UsageError(f"'{text}' is no value of {name}.", help_texts()[name]) from error


def setting_text(value: object) -> str:
    """A value as ``parse_setting`` reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _parse_assignment(assignment: str) -> tuple[str, object]:
    name, sign, text = assignment.partition("=")
    name, text = name.strip().replace("-", "_"), text.strip()
    known = [item.name for item in fields(TrainingSettings)]
    if not sign or name not in known:
        raise UsageError(
            f"'{assignment}' sets no training setting.", f"Write NAME=VALUE with one of {', '.join(known)}."
        )
    return name, parse_setting(name, text)


def _value(kind: str, text: str) -> object:
    if "None" in kind and text.lower() in ("", "none"):
        return None
    if "bool" in kind:
        if text.lower() not in _YES + _NO:
            raise ValueError(text)
        return text.lower() in _YES
    if "int" in kind:
        return int(text)
    if "float" in kind:
        return float(text)
    if "tuple" in kind:
        parts = (part.strip() for part in text.split(","))
        return tuple(part for part in parts if part and part.lower() != "none")
    return text
