"""Long lists are shown a page at a time: which entries, and the buttons to turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

PAGE_SIZE = 50

_Entry = TypeVar("_Entry")


def nearest_page(wanted: int, total: int) -> int:
    """The page of a list of ``total`` entries that is nearest to the wanted one; pages count from 1."""
    return min(max(1, wanted), _last_page(total))


def entries_on(page: int, entries: Sequence[_Entry]) -> Sequence[_Entry]:
    """The entries that stand on a page."""
    return entries[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]


def pager_html(total: int, page: int) -> str:
    """Where one is in the list, and buttons to turn it; empty where all is on one page."""
    last = _last_page(total)
    if last == 1:
        return ""
    first_shown, last_shown = (page - 1) * PAGE_SIZE + 1, min(total, page * PAGE_SIZE)
    return (
        f'<nav class="pager" aria-label="Pages of the list">{_turn(page - 1, last, "Back")}'
        f"<span>{first_shown}–{last_shown} of {total:,}</span>{_turn(page + 1, last, 'Further')}</nav>"
    )


def _last_page(total: int) -> int:
    return max(1, (total - 1) // PAGE_SIZE + 1)


def _turn(page: int, last: int, title: str) -> str:
    off = "" if 1 <= page <= last else " disabled"
    return f'<button type="button" class="secondary" data-choice="page:{page}"{off}>{title}</button>'
