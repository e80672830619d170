"""``--set NAME=VALUE``: every training setting from the command line."""

from __future__ import annotations

from dataclasses import fields
from typing import get_type_hints

from docvlm.errors import UsageError
from finetune.training.settings import TrainingSettings, help_texts

_YES = ("yes", "true", "on", "1")
_NO = ("no", "false", "off", "0")


def parse_settings(assignments: list[str]) -> dict[str, object]:
    """The values of ``NAME=VALUE`` texts by name, each in its setting's type.

    Raises:
        UsageError: for a name that is no setting, or a value of another type.
    """
    return dict(_parse_setting(text) for text in assignments)


def settings_help() -> str:
    """One line a setting with its default, as the end of a ``--help`` text."""
    defaults = TrainingSettings()
    lines = [
        f"  {name}={_shown(getattr(defaults, name))}\n      {text}" for name, text in help_texts().items()
    ]
    return "settings for --set NAME=VALUE, with their defaults:\n" + "\n".join(lines) + "\n"


def _parse_setting(assignment: str) -> tuple[str, object]:
    name, sign, text = assignment.partition("=")
    name, text = name.strip().replace("-", "_"), text.strip()
    known = {item.name for item in fields(TrainingSettings)}
    if not sign or name not in known:
        raise UsageError(
            f"'{assignment}' sets no training setting.", "Write --set NAME=VALUE; --help lists the names."
        )
    try:
        return name, _value(str(get_type_hints(TrainingSettings)[name]), text)
    except ValueError as error:
        raise UsageError(f"'{text}' is no value of {name}.", help_texts()[name]) from error


def _value(kind: str, text: str) -> object:
    if "None" in kind and text.lower() == "none":
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
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(value) if isinstance(value, tuple) else str(value)
