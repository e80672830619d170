"""The tab Library as HTML: figures, filters, the list of documents, what a search found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape

from docvlm.store import HitKind, SearchHit
from docvlm.store.search import matches
from docvlm.ui.documents_list import day, pages_text
from docvlm.ui.library_view import (
    CONFIDENCE_TITLES,
    DAYS,
    ORDERS,
    STATUS_TITLES,
    UNKNOWN_KIND,
    Entry,
    Filters,
    Statistics,
    Status,
)
from docvlm.ui.notices import confidence_html
from docvlm.ui.pager import pager_html

_BIN = (
    '<svg viewBox="0 0 16 16" class="icon" aria-hidden="true">'
    '<path d="M3.5 4.5h9M6.5 4V2.8h3V4M5 4.5l.5 8.7h5l.5-8.7"/></svg>'
)


_NONE = '<span class="quiet" title="Nothing found yet">–</span>'


def statistics_html(counted: Statistics) -> str:
    """The whole library in six figures."""
    figures = (
        (f"{counted.documents:,}", "document" if counted.documents == 1 else "documents"),
        (f"{counted.pages:,}", "page" if counted.pages == 1 else "pages"),
        (f"{counted.answers:,}", "answer" if counted.answers == 1 else "answers"),
        (f"{counted.fields:,}", "value found" if counted.fields == 1 else "values found"),
        (f"{counted.labels:,}", "checked by you"),
        ("–" if counted.confidence is None else f"{counted.confidence:.0%}", "mean confidence"),
    )
    return (
        '<dl class="figures" aria-label="Statistics">'
        + "".join(f"<div><dt>{title}</dt><dd>{figure}</dd></div>" for figure, title in figures)
        + "</dl>"
    )


def filters_html(kinds: Mapping[str, int], filters: Filters) -> str:
    """The search field and what narrows the list.

    Args:
        kinds: how many documents there are of each kind.
    """
    by_count = sorted(kinds, key=lambda kind: (kind == UNKNOWN_KIND, -kinds[kind], kind))
    return (
        f'<form class="filters" data-form="filter" data-live data-change="{filters.change}" role="search" '
        'aria-label="Search the library">'
        '<input type="search" name="query" class="field-input" maxlength="200" autocomplete="off" '
        f'value="{escape(filters.query)}" placeholder="Search all pages and answers" '
        'aria-label="Search all pages and answers">'
        + _select(
            "kind",
            "Any kind",
            [(kind, f"{kind_title(kind)} ({kinds[kind]})") for kind in by_count],
            filters.kind,
        )
        + _select(
            "status", "Any status", [(status, STATUS_TITLES[status]) for status in Status], filters.status
        )
        + _select("confidence", "Any confidence", list(CONFIDENCE_TITLES.items()), filters.confidence)
        + _select("days", "Any date", [(key, title) for key, (title, _) in DAYS.items()], filters.days)
        + _select("order", "", list(ORDERS.items()), filters.order)
        + "</form>"
    )


def kind_title(kind: str) -> str:
    """A kind as people say it: ``bank_statement`` → "Bank statement"."""
    words = kind.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def list_html(
    shown: Sequence[Entry],
    total: int,
    filters: Filters,
    selected: Collection[int],
    thumbnails: Mapping[int, str],
) -> str:
    """One page of the list.

    Args:
        shown: the entries of this page.
        total: how many there are on all pages.
        selected: the documents with a tick.
        thumbnails: ``data:`` addresses by document.
    """
    if not total:
        return _nothing(filters)
    rows = "".join(
        _row(entry, entry.overview.record.id in selected, thumbnails.get(entry.overview.record.id, ""))
        for entry in shown
    )
    return (
        f"{_list_bar(shown, total, selected)}"
        '<div class="shelf"><table><thead><tr><th><span class="visually-hidden">Ticked</span></th>'
        '<th scope="col">Document</th><th scope="col">Kind</th><th scope="col">Pages</th>'
        '<th scope="col">Added</th><th scope="col">Status</th><th scope="col">Confidence</th>'
        '<th><span class="visually-hidden">Delete</span></th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
        f"{pager_html(total, filters.page)}"
    )


def hits_html(hits: Sequence[SearchHit], filters: Filters, is_cut: bool = False) -> str:
    """The places that a search found, each opened at its page with a click.

    Args:
        is_cut: whether there may be more of them.
    """
    if not hits:
        where = " in a document that fits the filters" if filters.narrows else ""
        return (
            '<p class="quiet" role="status">No page or answer holds all the words of '
            f"“{escape(filters.query)}”{where}. Pages are found once they have been read.</p>"
        )
    rows = "".join(_hit(hit, filters.query) for hit in hits)
    count = "1 place" if len(hits) == 1 else f"{'The first ' if is_cut else ''}{len(hits)} places"
    return f'<p class="quiet" role="status">{count}, best first</p><ul class="hits">{rows}</ul>'


def marked(text: str, query: str) -> str:
    """``text`` escaped, with the words of the query marked."""
    html, end = "", 0
    for start, stop in matches(text, query):
        html += f"{escape(text[end:start])}<mark>{escape(text[start:stop])}</mark>"
        end = stop
    return html + escape(text[end:])


def _nothing(filters: Filters) -> str:
    if filters.narrows:
        return (
            '<p class="quiet" role="status">No document fits all of these filters. '
            '<button type="button" class="plain" data-choice="clear:">Show all</button></p>'
        )
    return (
        '<p class="quiet" role="status">Nothing is kept yet. Drop a PDF or a picture on the desk, '
        "or open a sample there; it stays here until you delete it.</p>"
    )


def _list_bar(shown: Sequence[Entry], total: int, selected: Collection[int]) -> str:
    numbers = [entry.overview.record.id for entry in shown]
    count = f"{total:,} {'document' if total == 1 else 'documents'}"
    all_ticked = all(number in selected for number in numbers)
    tick = "untick" if all_ticked else "tick-all"
    title = "Untick all" if all_ticked else f"Tick the {len(numbers)} shown"
    delete = ""
    if selected:
        delete = (
            f'<span class="quiet">{len(selected)} ticked</span>'
            '<button type="button" class="plain danger" data-choice="delete-ticked:" '
            f'data-confirm="Delete {len(selected)} for good">Delete ticked</button>'
        )
    return (
        f'<div class="list-bar"><b role="status">{count}</b>'
        f'<button type="button" class="plain" data-choice="{tick}:">{title}</button>{delete}</div>'
    )


def _row(entry: Entry, is_ticked: bool, thumbnail: str) -> str:
    overview, record = entry.overview, entry.overview.record
    name = escape(record.name)
    picture = f'<img src="{escape(thumbnail)}" alt="">' if thumbnail else '<i class="no-picture"></i>'
    facts = [
        f"{record.answers} answers" if record.answers > 1 else "1 answer" if record.answers else "",
        f"{overview.fields} values" if overview.fields > 1 else "1 value" if overview.fields else "",
        f"{record.labels} checked" if record.labels else "",
    ]
    confidence = _NONE if overview.confidence is None else confidence_html(overview.confidence)
    listed = " · ".join(fact for fact in facts if fact)
    ticked = " checked" if is_ticked else ""
    unit = pages_text(record.page_count).split()[1]
    return (
        f'<tr><td><input type="checkbox" data-choice-toggle="tick:{record.id}" '
        f'aria-label="Tick {name}"{ticked}></td>'
        f'<th scope="row"><button type="button" class="document" data-choice="open:{record.id}" '
        f'title="{name}">{picture}<span><b>{name}</b><small>{listed}</small></span></button></th>'
        f'<td class="kind">{escape(kind_title(entry.kind))}</td>'
        f'<td class="number">{record.page_count}<span class="unit"> {unit}</span></td>'
        f'<td class="date">{day(record.added)}</td>'
        f'<td><span class="status {entry.status}">{STATUS_TITLES[entry.status]}</span></td>'
        f"<td>{confidence}</td>"
        f'<td><button type="button" class="delete" data-choice="delete:{record.id}" '
        f'data-confirm="Delete for good" aria-label="Delete {name}" title="Delete">{_BIN}</button></td></tr>'
    )


def _hit(hit: SearchHit, query: str) -> str:
    place = "" if hit.page is None else f'<span class="chip">Page {hit.page}</span>'
    kind = '<span class="chip answer-chip">Answer</span>' if hit.kind is HitKind.ANSWER else ""
    return (
        f'<li><button type="button" class="hit" data-choice="open:{hit.document_id}:{hit.page or 1}">'
        f"<span><b>{escape(hit.name)}</b>{place}{kind}</span>"
        f'<span class="snippet">{marked(hit.snippet, query)}</span></button></li>'
    )


def _select(name: str, anything: str, options: Iterable[tuple[str, str]], chosen: str) -> str:
    entries = f'<option value="">{anything}</option>' if anything else ""
    entries += "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(title)}</option>'
        for value, title in options
    )
    label = {"order": "Order", "days": "Date"}.get(name, kind_title(name))
    return f'<select name="{name}" aria-label="{label}">{entries}</select>'
