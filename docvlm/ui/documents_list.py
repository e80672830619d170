"""The strip on the left as HTML: samples, and the owner's documents with the pages of the open one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from html import escape

from docvlm.store import DocumentRecord
from docvlm.ui.assets import SAMPLES

LISTED_PAGES = 400


def samples_html() -> str:
    """The sample documents, to be opened with a click."""
    entries = "".join(
        f'<button type="button" class="sample" data-choice="sample:{escape(sample.file_name)}">'
        f"<b>{escape(sample.title)}</b><span>{escape(sample.hint)}</span></button>"
        for sample in SAMPLES
    )
    return f'<h3>Samples</h3><div class="samples">{entries}</div>'


def documents_html(
    records: Sequence[DocumentRecord],
    open_id: int | None,
    selected: Collection[int],
    thumbnails: Mapping[int, str],
    is_cut: bool = False,
) -> str:
    """The saved documents; the open one is marked and shows its pages.

    Args:
        selected: those with a tick, listed or not, which are worked on together.
        thumbnails: ``data:`` addresses by document.
        is_cut: whether there are more than are listed.
    """
    if not records:
        return '<h3>Documents</h3><p class="quiet">What you open is listed here.</p>'
    entries = "".join(
        _document(record, record.id == open_id, record.id in selected, thumbnails.get(record.id, ""))
        for record in records
    )
    note = f'<span class="quiet">{len(selected)} selected</span>' if selected else ""
    more = f'<p class="quiet">The latest {len(records)}. All are under Library.</p>' if is_cut else ""
    return f'<h3>Documents {note}</h3><ul class="documents">{entries}</ul>{more}'


def day(moment: datetime) -> str:
    """``4 Mar 2026`` in local time."""
    local = moment.astimezone() if moment.tzinfo else moment
    return f"{local.day} {local:%b %Y}"


def pages_text(count: int) -> str:
    return "1 page" if count == 1 else f"{count} pages"


def _document(record: DocumentRecord, is_open: bool, is_selected: bool, thumbnail: str) -> str:
    name = escape(record.name)
    facts = [pages_text(record.page_count), day(record.added)]
    if record.labels:
        facts.append(f"{record.labels} checked")
    current = ' aria-current="true"' if is_open else ""
    ticked = " checked" if is_selected else ""
    picture = f'<img src="{escape(thumbnail)}" alt="">' if thumbnail else '<i class="no-picture"></i>'
    return (
        f'<li class="document-entry"{current}>'
        f'<input type="checkbox" data-choice-toggle="tick:{record.id}" aria-label="Select {name}"{ticked}>'
        f'<button type="button" class="document" data-choice="document:{record.id}" title="{name}">'
        f"{picture}<span><b>{name}</b><small>{' · '.join(facts)}</small></span></button>"
        f'<button type="button" class="delete" data-choice="delete:{record.id}" '
        'data-confirm="Delete for good" '
        f'aria-label="Delete {name}" title="Delete">'
        '<svg viewBox="0 0 16 16" class="icon" aria-hidden="true">'
        '<path d="M3.5 4.5h9M6.5 4V2.8h3V4M5 4.5l.5 8.7h5l.5-8.7"/></svg></button>'
        f"{_pages(record.page_count) if is_open and record.page_count > 1 else ''}</li>"
    )


def _pages(count: int) -> str:
    numbers = range(1, min(count, LISTED_PAGES) + 1)
    chips = "".join(
        f'<button type="button" data-turn="{number}" aria-label="Page {number}">{number}</button>'
        for number in numbers
    )
    return f'<div class="pages" role="group" aria-label="Pages">{chips}</div>'
