"""Documents that are the same paper twice, as a whole or in part.

They must stay on one side of a split, or what is learnt by heart passes for skill.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import imagehash
from PIL import Image
from scipy.cluster.hierarchy import DisjointSet

from docvlm.errors import InputError
from finetune.data.documents import LabelledDocument
from finetune.data.readings import Readings
from finetune.data.same_pages import FEWEST_WORDS, PageText, same_pages

CHIEF_SHARE = 0.5
"""The share of a document's own numbers on pages in common from which it is the other one again."""
FEWEST_NUMBERS = 5
"""With fewer numbers of its own, a page in common is taken for terms of business or a cover."""

_DIGITS = 3
"""Shorter numbers count paragraphs and pieces; they tell no papers apart."""


def duplicate_groups(
    documents: Sequence[LabelledDocument], readings: Readings
) -> tuple[tuple[str, ...], ...]:
    """The hashes of documents that are the same, group by group; documents of their own are left out.

    All pages that were read are compared, by their text and, where that leaves it open, by their pictures.
    Two documents are the same

    - when the pages that they share hold at least ``CHIEF_SHARE`` of the numbers of one of them: one was
      scanned again, got another cover, or is a part of the other;
    - or when they share a page with at least ``FEWEST_NUMBERS`` numbers of its own that no third document
      has. What many papers have, such as terms of business, joins none.

    A document that cannot be read is a document of its own.
    """
    papers: list[_Paper] = []
    for document in documents:
        if texts := _texts(document, readings):
            pages = tuple(PageText.of(len(papers), number, text) for number, text in texts)
            papers.append(_Paper(document, pages))

    @cache
    def picture_hash(page: PageText) -> imagehash.ImageHash | None:
        return _picture_hash(papers[page.document].document, page.number, readings)

    sheets = same_pages([page for paper in papers for page in paper.comparable], picture_hash)
    for sheet, pages_of_it in enumerate(sheets):
        for page in pages_of_it:
            papers[page.document].sheets[sheet].add(page.number)
    groups = DisjointSet(range(len(papers)))
    _join_copies(papers, groups)
    _join_by_a_page(papers, groups)
    found = [sorted(group) for group in groups.subsets() if len(group) > 1]
    return tuple(tuple(papers[index].document.sha256 for index in group) for group in found)


def one_of_each(
    documents: Sequence[LabelledDocument], groups: Iterable[Sequence[str]]
) -> tuple[LabelledDocument, ...]:
    """The documents without those that are the same as an earlier one.

    Where documents are counted as evidence, a copy would count the same twice.
    """
    leader = {sha256: group[0] for group in groups for sha256 in group}
    first: dict[str, LabelledDocument] = {}
    for document in documents:
        first.setdefault(leader.get(document.sha256, document.sha256), document)
    return tuple(first.values())


def copies_of(
    known: Iterable[str], documents: Sequence[LabelledDocument], readings: Readings
) -> frozenset[str]:
    """The hashes of documents that are the same as one that is known by its hash alone.

    A known document that was never read on this machine, or whose readings are gone, has no copies.
    """
    hashes = frozenset(known)
    alone = [LabelledDocument(sha256, sha256, None) for sha256 in sorted(hashes)]
    groups = duplicate_groups([*alone, *documents], readings)
    same = {sha256 for group in groups if not hashes.isdisjoint(group) for sha256 in group}
    return frozenset(same) - hashes


@dataclass(frozen=True, slots=True)
class _Paper:
    """A document that was read. ``sheets`` has the numbers of its pages by the sheet that they show."""

    document: LabelledDocument
    pages: tuple[PageText, ...]
    sheets: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    @property
    def comparable(self) -> tuple[PageText, ...]:
        """The first page, and those with text enough to know them by."""
        first, *others = self.pages
        return (first, *(page for page in others if len(page.words) >= FEWEST_WORDS))

    def share(self, sheets: Collection[int]) -> float:
        """Which share of what tells the document apart, its longer numbers else its words, is on these."""
        here = {number for sheet in sheets for number in self.sheets[sheet]}
        elsewhere = {page.number for page in self.pages} - here
        for said in (_long_numbers, _words):
            own, rest = self._only_on(here, said), self._only_on(elsewhere, said)
            if own or rest:
                return len(own) / (len(own) + len(rest))
        return 1.0

    def own_numbers(self, sheet: int) -> int:
        """How many longer numbers stand on this sheet and elsewhere not."""
        return len(self._only_on(self.sheets[sheet], _long_numbers))

    def _only_on(
        self, numbers: Collection[int], said: Callable[[PageText], frozenset[str]]
    ) -> frozenset[str]:
        here = frozenset[str]().union(*(said(page) for page in self.pages if page.number in numbers))
        return here.difference(*(said(page) for page in self.pages if page.number not in numbers))


def _join_copies(papers: Sequence[_Paper], groups: DisjointSet) -> None:
    """Join documents that are chiefly the same."""

    @cache
    def is_chief(paper: int, sheets: frozenset[int]) -> bool:
        return papers[paper].share(sheets) >= CHIEF_SHARE

    having = _having(papers)
    for index, paper in enumerate(papers):
        in_common: dict[int, set[int]] = defaultdict(set)
        for sheet in paper.sheets:
            for other in having[sheet]:
                if other < index:
                    in_common[other].add(sheet)
        for other, shared in in_common.items():
            sheets = frozenset(shared)
            if not groups.connected(index, other) and (is_chief(index, sheets) or is_chief(other, sheets)):
                groups.merge(index, other)


def _join_by_a_page(papers: Sequence[_Paper], groups: DisjointSet) -> None:
    """Join two by a page that says much of its own and that no third has; copies count as one."""
    pairs = []
    for sheet, having in _having(papers).items():
        leaders = {groups[paper] for paper in having}
        if len(leaders) == 2 and all(papers[paper].own_numbers(sheet) >= FEWEST_NUMBERS for paper in having):
            pairs.append(leaders)
    for pair in pairs:
        groups.merge(*pair)


def _having(papers: Sequence[_Paper]) -> Mapping[int, list[int]]:
    """The papers that have each sheet."""
    having: dict[int, list[int]] = defaultdict(list)
    for index, paper in enumerate(papers):
        for sheet in paper.sheets:
            having[sheet].append(index)
    return having


def _texts(document: LabelledDocument, readings: Readings) -> list[tuple[int, str]]:
    """The number and the text of each page; nothing of a document that cannot be read."""
    try:
        return [(reading.page_number, reading.text) for reading in readings.of(document)]
    except InputError:
        return []


def _long_numbers(page: PageText) -> frozenset[str]:
    return frozenset(word for word in page.numbers if sum(map(str.isdigit, word)) >= _DIGITS)


def _words(page: PageText) -> frozenset[str]:
    return page.words


def _picture_hash(document: LabelledDocument, number: int, readings: Readings) -> imagehash.ImageHash | None:
    try:
        image = readings.page(document, number).image
    except InputError:
        return None
    return None if image is None else imagehash.phash(Image.fromarray(image))
