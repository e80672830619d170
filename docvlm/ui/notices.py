"""Single sentences as HTML: notices, errors, the state of the model, how sure a value is."""

from __future__ import annotations

from html import escape
from pathlib import Path

from docvlm.errors import DocvlmError
from docvlm.model_names import short_name
from docvlm.models.protocol import EngineCard

SURE, LIKELY = 0.8, 0.5


def notice_html(text: str, kind: str = "info") -> str:
    """One sentence; ``kind`` is info, busy or error."""
    if not text:
        return ""
    role = "alert" if kind == "error" else "status"
    return f'<p class="notice {kind}" role="{role}">{escape(text)}</p>'


def error_html(error: DocvlmError) -> str:
    remedy = f" <span>{escape(error.remedy)}</span>" if error.remedy else ""
    return f'<p class="notice error" role="alert">{escape(error.message)}{remedy}</p>'


def model_html(card: EngineCard | None, line: str, failure: DocvlmError | None) -> str:
    """Which model answers and what must be known about it, or how far loading is."""
    if failure is not None:
        return f'<div class="model failed"><i></i><span>{escape(str(failure))}</span></div>'
    if card is None:
        return f'<div class="model loading"><i></i><span>{escape(line)}</span></div>'
    note = f"<span>{escape(card.note)}</span>" if card.note else ""
    adapter = f" + {escape(Path(card.adapter).name)}" if card.adapter else ""
    return f'<div class="model ready"><i></i><b>{escape(short_name(card.name))}{adapter}</b>{note}</div>'


def level_of(confidence: float) -> str:
    """``sure``, ``likely`` or ``unsure``."""
    return "sure" if confidence >= SURE else "likely" if confidence >= LIKELY else "unsure"


def confidence_html(value: float) -> str:
    """A dot in the colour of the level, the figure and, for screen readers too, a word."""
    level = level_of(value)
    word = {"sure": "sure", "likely": "check it", "unsure": "unsure"}[level]
    return (
        f'<span class="confidence {level}" title="Confidence {value:.2f}: {word}">'
        f"<i></i>{round(100 * value)} % <em>{word}</em></span>"
    )
