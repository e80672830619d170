"""The form that starts a run: presets, and every setting with its help text; and what was sent of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from html import escape

from finetune.training.settings import PRESETS, Method, Schedule, TrainingSettings, help_texts
from finetune.training.settings_text import parse_setting, setting_text

NAME, PRESET = "run_name", "preset"
HELD_OUT_SHARES = (0.0, 0.1, 0.25, 0.4)

_PREFIX = "set."
_ALWAYS_SENT = "rank"
_GROUPS: Mapping[str, tuple[str, ...]] = {
    "How long": ("epochs", "minutes", "evaluations", "evaluation_documents", "patience"),
    "How it learns": (
        "learning_rate", "schedule", "warmup", "documents_a_step", "max_tokens", "noise", "dropout", "seed",
    ),
    "What learns": (
        "base_model", "method", "rank", "alpha", "kept_share", "targets", "language", "vision", "connector",
    ),
    "Examples": (
        "paraphrases", "absent_share", "lost_share", "text_only_share", "tiles", "split_share",
        "smallest_scale",
    ),
    "Machine": ("threads", "gradient_checkpointing", "four_bit"),
}  # fmt: skip
_SAYS = {
    "quick": "Each document twice. To see whether it helps at all.",
    "balanced": "Each document four times, asked in two ways.",
    "thorough": "Eight times, asked in three ways.",
}
_CHOICES: Mapping[str, type[StrEnum]] = {"method": Method, "schedule": Schedule}


def form_html(
    settings: TrainingSettings,
    preset: str,
    held_out: float | None,
    name: str,
    minutes: Mapping[str, str],
    may_start: bool,
    who_may: str,
) -> str:
    """The form.

    Args:
        preset: the one whose settings are filled in.
        held_out: the share of the documents that is held back; None for as many as a comparison takes.
        name: what the run and its adapter would be called.
        minutes: for each preset how long it takes, in words; empty where that is not known.
        may_start: whether whoever sees it may start a run; ``who_may`` says who may.
    """
    cards = "".join(_preset(each, each == preset, minutes.get(each, "")) for each in PRESETS)
    start = (
        '<button type="submit" class="primary" id="tune-start">Fine-tune</button>'
        if may_start
        else f'<p class="quiet">Only {who_may} can train.</p>'
    )
    groups = "".join(_group(title, names, settings) for title, names in _groups().items())
    return (
        '<form class="tune-form" data-form="start" aria-label="Fine-tune">'
        f'<div class="presets" role="group" aria-label="How thorough">{cards}</div>'
        f'<input type="hidden" name="{PRESET}" value="{escape(preset)}">'
        '<div class="tune-start"><label for="tune-name">Name</label>'
        f'<input id="tune-name" class="field-input" name="{NAME}" value="{escape(name)}" maxlength="50" '
        f'autocomplete="off">{_held_out(held_out)}{start}</div>'
        f"<details><summary>All settings</summary>{groups}</details></form>"
    )


def settings_of(form: Mapping[str, str], base_model: str, tiles: str) -> TrainingSettings:
    """The settings that were sent, those of the preset where a field was not.

    Args:
        base_model, tiles: those in use, for a form that does not name them.

    Raises:
        UsageError: for a value that cannot be used, naming the setting.
    """
    start = replace(
        TrainingSettings.preset(form.get(PRESET) or "balanced"), base_model=base_model, tiles=tiles
    )
    sent = {key.removeprefix(_PREFIX): text for key, text in form.items() if key.startswith(_PREFIX)}
    known = help_texts()
    values = {name: parse_setting(name, text) for name, text in sent.items() if name in known}
    if f"{_PREFIX}{_ALWAYS_SENT}" in form:  # then a box without a tick is one that is not sent
        boxes = (name for name in known if isinstance(getattr(start, name), bool))
        values |= {name: name in sent for name in boxes}
    return replace(start, **values)  # type: ignore[arg-type]


def held_out_of(text: str) -> float | None:
    """The share to hold back that was chosen; None for as many as a comparison takes."""
    return next((share for share in HELD_OUT_SHARES if f"{share:g}" == text), None)


def _groups() -> dict[str, list[str]]:
    """Every setting once; one that no group names stands in the last."""
    groups = {title: list(names) for title, names in _GROUPS.items()}
    named = {name for names in groups.values() for name in names}
    groups["Machine"] += [name for name in help_texts() if name not in named]
    return groups


def _preset(name: str, is_chosen: bool, minutes: str) -> str:
    return (
        f'<button type="button" class="preset" data-choice="preset:{name}" aria-pressed="{_yes(is_chosen)}">'
        f"<b>{name.capitalize()}</b><span>{_SAYS.get(name, '')}</span><em>{escape(minutes) or '&nbsp;'}</em>"
        "</button>"
    )


def _held_out(chosen: float | None) -> str:
    texts = {"": "Hold back: usual"} | {f"{share:g}": _share_text(share) for share in HELD_OUT_SHARES}
    wanted = "" if chosen is None else f"{chosen:g}"
    options = "".join(
        f'<option value="{value}"{" selected" if value == wanted else ""}>{text}</option>'
        for value, text in texts.items()
    )
    return (
        '<select class="field-input" data-choice-prefix="held:" aria-label="Documents held back to compare" '
        'title="Base and adapter are compared on documents that nothing was learnt from">'
        f"{options}</select>"
    )


def _share_text(share: float) -> str:
    return f"Hold back: {share:.0%}" if share else "Hold back: none"


def _group(title: str, names: list[str], settings: TrainingSettings) -> str:
    texts = help_texts()
    rows = "".join(_setting(name, getattr(settings, name), texts[name]) for name in names if name in texts)
    return f"<h4>{title}</h4>{rows}"


def _setting(name: str, value: object, help_text: str) -> str:
    label = f'<label for="tune-{name}">{name.replace("_", " ")}</label>'
    shown = escape(setting_text(value))
    if isinstance(value, bool):
        field = (
            f'<input id="tune-{name}" type="checkbox" name="{_PREFIX}{name}" value="yes"'
            f"{' checked' if value else ''}>"
        )
    elif name in _CHOICES:
        options = "".join(
            f"<option{' selected' if choice == value else ''}>{choice}</option>" for choice in _CHOICES[name]
        )
        field = f'<select id="tune-{name}" class="field-input" name="{_PREFIX}{name}">{options}</select>'
    else:
        field = (
            f'<input id="tune-{name}" class="field-input" name="{_PREFIX}{name}" value="{shown}" '
            'autocomplete="off" spellcheck="false">'
        )
    return f'<div class="tune-row">{label}{field}<span class="quiet">{escape(help_text)}</span></div>'


def _yes(value: bool) -> str:
    return "true" if value else "false"
