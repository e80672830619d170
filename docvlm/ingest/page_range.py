"""Page ranges as people write them: ``1-3,7``, ``5-``, ``-2``, ``all``."""

from __future__ import annotations

import re

from docvlm.errors import UsageError

_PART = re.compile(r"(?P<first>\d{1,9})?\s*(?P<dash>[-–])?\s*(?P<last>\d{1,9})?")


def parse_page_range(text: str, page_count: int, clip: bool = False) -> tuple[int, ...]:
    """Page numbers, each once, in the order they are written.

    ``3`` is one page, ``2-4`` a run with both ends, ``5-`` from page 5 to the last, ``-2`` the first
    two, ``all`` every page; parts are separated by commas.

    Args:
        clip: leave out pages beyond the last one, for a range that is given for many documents.

    Raises:
        UsageError: when the text is no page range, or names a page the document does not have.
    """
    if text.strip().lower() == "all":
        return tuple(range(1, page_count + 1))
    numbers: dict[int, None] = {}
    for part in text.split(","):
        match = _PART.fullmatch(part.strip())
        if match is None or not (match["first"] or match["last"]):
            raise UsageError(f"'{text}' is not a page range.", "Write it like 1-3,7 or 5- or all.")
        first = int(match["first"] or 1)
        end = max(first, page_count) if clip else page_count
        last = int(match["last"] or (end if match["dash"] else first))
        check_page_numbers((first, last), max(first, last, page_count) if clip else page_count)
        if last < first:
            raise UsageError(
                f"The page range '{part.strip()}' runs backwards.", f"Write it as {last}-{first}."
            )
        numbers.update(dict.fromkeys(range(first, min(last, page_count) + 1)))
    return tuple(numbers)


def check_page_numbers(numbers: tuple[int, ...], page_count: int) -> None:
    """Refuse numbers that are not pages of the document.

    Raises:
        UsageError: naming the first such number and how many pages there are.
    """
    for number in numbers:
        if not 1 <= number <= page_count:
            pages = "1 page" if page_count == 1 else f"{page_count} pages"
            raise UsageError(
                f"There is no page {number}: the document has {pages}.",
                "Page numbers start at 1." if page_count == 1 else f"Choose from 1 to {page_count}.",
            )
