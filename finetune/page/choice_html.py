"""The labelled documents to choose from, on which side of the split each is, and the bad labels, as HTML."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape

from finetune.data.documents import LabelledDocument
from finetune.page.lesson_preview import Entry, Preview

_SHOWN_PROBLEMS = 50


def choice_html(
    entries: Sequence[Entry], left_out: Collection[str], preview: Preview | None, note: str = ""
) -> str:
    """The list.

    Args:
        left_out: content hashes of documents without a tick.
        preview: how the others are split; None while that is worked out.
        note: HTML that stands above the list.
    """
    if not entries:
        return (
            '<h3>Labels</h3><p class="quiet">No labels yet. Open documents on the desk, go to Label, and '
            "accept or correct what the model fills in. Twenty labelled documents are a good start; with ten "
            f"what is learnt can hardly be told from luck.</p>{note}"
        )
    chosen = sum(entry.sha256 not in left_out for entry in entries)
    rows = "".join(_entry(entry, entry.sha256 in left_out, preview) for entry in entries)
    every = '<button type="button" class="plain" data-choice="take:all">Take all</button>' if left_out else ""
    return (
        f'<h3>Labels <span class="quiet">{chosen} of {len(entries)} documents</span>{every}</h3>'
        f'{note}{_summary(preview)}<ul class="tune-documents">{rows}</ul>{_problems(preview)}'
    )


def unread_html(note: str) -> str:
    """In place of the list where the labels cannot be read; ``note`` says why, as HTML."""
    return f"<h3>Labels</h3>{note}"


def lines_only_html(documents: Iterable[LabelledDocument]) -> str:
    """What becomes of documents whose lines alone are labelled; empty where there are none."""
    count = sum(bool(one.transcripts or one.lines) and not (one.fields or one.questions) for one in documents)
    if not count:
        return ""
    what = "1 document has" if count == 1 else f"{count} documents have"
    return (
        f'<p class="quiet">{what} corrected lines only. An adapter remembers how they are spelt; training '
        "itself learns from fields and questions: a reply is made of the page's words as they were read, and "
        "corrected ones are not among them.</p>"
    )


def _summary(preview: Preview | None) -> str:
    if preview is None:
        return '<p class="quiet tune-split">&nbsp;</p>'
    parts = [f"<b>{len(preview.train)}</b> to learn from"]
    if preview.validation:
        parts.append(f"<b>{len(preview.validation)}</b> to choose the best weights by")
    parts.append(f"<b>{len(preview.held_out)}</b> held back to compare")
    why_not = f'<p class="quiet">{escape(preview.not_on_the_way)}</p>' if preview.not_on_the_way else ""
    return f'<p class="quiet tune-split">{" · ".join(parts)}</p>{why_not}'


def _entry(entry: Entry, is_left_out: bool, preview: Preview | None) -> str:
    name = escape(entry.name)
    tick = "" if is_left_out else " checked"
    return (
        f'<li><label><input type="checkbox" data-choice-toggle="take:{escape(entry.sha256)}" '
        f'aria-label="Learn from {name}"{tick}><span title="{name}">{name}</span>'
        f"<small>{escape(entry.labels)}</small></label>{_side(entry.sha256, is_left_out, preview)}</li>"
    )


def _side(sha256: str, is_left_out: bool, preview: Preview | None) -> str:
    if is_left_out:
        return '<em class="side">left out</em>'
    if preview is None:
        return '<em class="side"></em>'
    if sha256 in preview.held_out:
        return '<em class="side held-out">held back</em>'
    if sha256 in preview.validation:
        return '<em class="side held-out">to choose by</em>'
    return f'<em class="side">{"learnt" if sha256 in preview.train else "nothing to learn"}</em>'


def _problems(preview: Preview | None) -> str:
    if preview is None or not preview.problems:
        return ""
    count = len(preview.problems)
    lines = "".join(f"<li>{escape(line)}</li>" for line in preview.problems[:_SHOWN_PROBLEMS])
    more = f"<li>and {count - _SHOWN_PROBLEMS} more</li>" if count > _SHOWN_PROBLEMS else ""
    noun = "label is" if count == 1 else "labels are"
    return (
        f'<details class="tune-problems"><summary>{count} {noun} not learnt</summary><ul>{lines}{more}</ul>'
        "</details>"
    )
