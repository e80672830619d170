"""What stands around the sheet in the tab Label, as HTML: how far one is, what to label, and the queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from docvlm.pipeline import QueuedDocument
from docvlm.schemas import Schema
from docvlm.ui.extract_bar import schema_options
from docvlm.ui.label_state import LabelMode

_TITLES = {
    LabelMode.FIELDS: "Fields",
    LabelMode.QUESTIONS: "Questions",
    LabelMode.LINES: "Text",
    LabelMode.QUEUE: "Queue",
}

KEYS_HTML = (
    '<p class="keys quiet"><kbd>Enter</kbd> accept <kbd>Tab</kbd> skip <kbd>Delete</kbd> not on this '
    "document <kbd>Ctrl Z</kbd> undo <kbd>Ctrl Enter</kbd> accept the rest <kbd>Alt N</kbd> next "
    "document. Typing is completed from the page; <kbd>Alt →</kbd> takes the next word too, <kbd>Alt ↓</kbd> "
    "the next line, <kbd>Alt ←</kbd> <kbd>Alt ↑</kbd> drop them; or click words there, or draw a box.</p>"
)


def bar_html(
    queue: Sequence[QueuedDocument], schemas: Mapping[str, Schema], chosen: Schema, mode: LabelMode
) -> str:
    """How many documents are labelled, the way to the next one, and what is being labelled."""
    done = sum(entry.is_labelled for entry in queue)
    tabs = "".join(
        f'<button type="button" data-choice="mode:{each}" aria-pressed="{str(each is mode).lower()}">'
        f"{_TITLES[each]}</button>"
        for each in LabelMode
    )
    options = schema_options(schemas, chosen)
    return (
        '<div class="label-bar"><div class="label-progress">'
        f"<span><b>{done} of {len(queue)}</b> labelled</span>"
        f'<progress value="{done}" max="{max(1, len(queue))}" aria-label="Labelled documents"></progress>'
        '<button type="button" class="primary" data-choice="next:" data-next '
        'title="The document from which most is to be learnt (Alt+N)">Next document</button></div>'
        '<div class="label-what"><div class="segments" role="group" aria-label="What to label">'
        f"{tabs}</div>"
        f'<select data-choice-prefix="schema:" class="field-input" aria-label="Fields to label">{options}'
        "</select></div></div>"
    )


def queue_html(queue: Sequence[QueuedDocument], open_id: int | None) -> str:
    """The documents in the order in which they are best labelled; a click opens one."""
    if not queue:
        return '<p class="quiet">Documents that you open on the left can be labelled here.</p>'
    entries = "".join(_entry(entry, entry.document_id == open_id) for entry in queue)
    return (
        '<p class="quiet">First come those the model is unsure of and that are unlike what is labelled: '
        "most is learnt from them. Tick documents on the left to label only those.</p>"
        f'<ol class="label-queue">{entries}</ol>'
    )


def _entry(entry: QueuedDocument, is_open: bool) -> str:
    gain = round(100 * entry.gain)
    state = (
        '<span class="sureness"><b>labelled</b></span>'
        if entry.is_labelled
        else f'<meter min="0" max="100" value="{gain}" title="Expected gain {gain} %" '
        f'aria-label="Expected gain {gain} %"></meter>'
    )
    current = ' aria-current="true"' if is_open else ""
    return (
        f'<li><button type="button" data-choice="document:{entry.document_id}"{current}>'
        f"<span>{escape(entry.name)}</span>{state}</button></li>"
    )
