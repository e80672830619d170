"""What the tab Library shows: the owner's documents as entries, filtered, sorted, counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from docvlm.pipeline import guess_kind
from docvlm.store import DocumentOverview, Store
from docvlm.ui.notices import LIKELY, SURE, level_of

UNKNOWN_KIND = "other"


class Status(StrEnum):
    """How far a document is; the last that applies. ``failed``: pages that could not be read."""

    NEW = "new"
    READ = "read"
    FOUND = "found"
    CHECKED = "checked"
    FAILED = "failed"


STATUS_TITLES: Mapping[Status, str] = {
    Status.NEW: "Not read yet",
    Status.READ: "Read",
    Status.FOUND: "Asked or extracted",
    Status.CHECKED: "Checked by you",
    Status.FAILED: "With failed pages",
}
CONFIDENCE_TITLES: Mapping[str, str] = {
    "sure": f"Sure, from {SURE:.0%}",
    "likely": f"To check, {LIKELY:.0%} to {SURE:.0%}",
    "unsure": f"Unsure, below {LIKELY:.0%}",
    "none": "Nothing found yet",
}
DAYS: Mapping[str, tuple[str, int]] = {
    "1": ("Today", 1),
    "7": ("Last 7 days", 7),
    "30": ("Last 30 days", 30),
    "365": ("Last year", 365),
}
ORDERS: Mapping[str, str] = {
    "latest": "Latest first",
    "oldest": "Oldest first",
    "name": "By name",
    "unsure": "Least sure first",
    "pages": "Most pages first",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of the list. ``kind`` is a schema's name, ``contract`` or ``other``."""

    overview: DocumentOverview
    kind: str
    status: Status


@dataclass(frozen=True, slots=True)
class Filters:
    """What the person asked for; an empty string filters nothing. ``page`` counts from 1.

    ``change`` is the number of the change that the browser sent these with: a form made from an older one
    must not undo what was typed since.
    """

    query: str = ""
    kind: str = ""
    status: str = ""
    confidence: str = ""
    days: str = ""
    order: str = "latest"
    page: int = 1
    change: int = field(default=0, compare=False)

    @property
    def narrows(self) -> bool:
        """Whether documents are left out, whatever is searched for."""
        return bool(self.kind or self.status or self.confidence or self.days)


@dataclass(frozen=True, slots=True)
class Statistics:
    """``confidence`` is the mean over all values and answers found, None without any."""

    documents: int
    pages: int
    answers: int
    fields: int
    labels: int
    confidence: float | None


class Kinds:
    """Which kind each document is, told from its first page once and remembered."""

    def __init__(self) -> None:
        self._known: dict[int, str] = {}

    def of(self, store: Store, overviews: Sequence[DocumentOverview]) -> dict[int, str]:
        """The kinds by document id. A document that is not read yet is looked at again next time."""
        numbers = [overview.record.id for overview in overviews]
        texts = store.opening_texts([number for number in numbers if number not in self._known])
        self._known |= {number: guess_kind(text) or UNKNOWN_KIND for number, text in texts.items()}
        return {number: self._known.get(number, UNKNOWN_KIND) for number in numbers}


def entries(overviews: Sequence[DocumentOverview], kinds: Mapping[int, str]) -> list[Entry]:
    return [
        Entry(overview, overview.schema or kinds[overview.record.id], status_of(overview))
        for overview in overviews
    ]


def status_of(overview: DocumentOverview) -> Status:
    record = overview.record
    if overview.pages_failed:
        return Status.FAILED
    if record.labels:
        return Status.CHECKED
    if record.answers or record.extractions:
        return Status.FOUND
    return Status.READ if overview.pages_read else Status.NEW


def filtered(all_entries: Iterable[Entry], filters: Filters, now: datetime) -> list[Entry]:
    """The entries that pass, in the order wanted. The text query is not looked at here."""
    days = DAYS.get(filters.days)
    since = now - timedelta(days=days[1]) if days is not None else None
    passed = [
        entry
        for entry in all_entries
        if filters.kind in ("", entry.kind)
        and filters.status in ("", entry.status)
        and filters.confidence in ("", confidence_level(entry.overview))
        and (since is None or entry.overview.record.added >= since)
    ]
    order = _ORDER_KEYS.get(filters.order)
    return passed if order is None else sorted(passed, key=order)


def confidence_level(overview: DocumentOverview) -> str:
    return "none" if overview.confidence is None else level_of(overview.confidence)


def statistics(overviews: Iterable[DocumentOverview]) -> Statistics:
    known = list(overviews)
    found = sum(overview.found for overview in known)
    total = sum((overview.confidence or 0.0) * overview.found for overview in known)
    return Statistics(
        documents=len(known),
        pages=sum(overview.record.page_count for overview in known),
        answers=sum(overview.record.answers for overview in known),
        fields=sum(overview.fields for overview in known),
        labels=sum(overview.record.labels for overview in known),
        confidence=total / found if found else None,
    )


_ORDER_KEYS: Mapping[str, Callable[[Entry], float | str]] = {
    "oldest": lambda entry: entry.overview.record.added.timestamp(),
    "name": lambda entry: entry.overview.record.name.casefold(),
    # Documents of which nothing is known come last, not first.
    "unsure": lambda entry: 2.0 if entry.overview.confidence is None else entry.overview.confidence,
    "pages": lambda entry: -entry.overview.record.page_count,
}
"""``latest`` is the order in which the library gives its documents."""
