"""``--set NAME=VALUE``: every training setting from the command line."""

from __future__ import annotations

from finetune.training.settings import TrainingSettings, help_texts
from finetune.training.settings_text import setting_text


def settings_help() -> str:
    """One line a setting with its default, as the end of a ``--help`` text."""
    defaults = TrainingSettings()
    texts = {name: setting_text(getattr(defaults, name)) or "none" for name in help_texts()}
    lines = [f"  {name}={texts[name]}\n      {text}" for name, text in help_texts().items()]
    return "settings for --set NAME=VALUE, with their defaults:\n" + "\n".join(lines) + "\n"
