"""How a firm's telephone, e-mail and the like are printed: with a word before them or without."""

from __future__ import annotations

from collections.abc import Sequence

from finetune.synthesis.page import Align, Cell
from finetune.synthesis.writer import Writer

_SPEAK_FOR_THEMSELVES = ("seller_phone", "seller_email", "seller_website")
"""What people recognise without a label, and print without one."""

Contact = tuple[str, str]
"""A kind of fact and its value."""


def print_contacts(
    writer: Writer, contacts: Sequence[Contact], align: Align = "left", column: int | None = None
) -> None:
    """One contact a row, as a rule; two may share one. With ``column`` they start there."""
    waiting = list(contacts)
    while waiting:
        together = 2 if len(waiting) > 1 and writer.chance(0.15) else 1
        cells = [cell for contact in waiting[:together] for cell in _cells(writer, *contact)]
        del waiting[:together]
        width = sum(len(cell.text) + 1 for cell in cells) - 1
        start = column if column is not None else _left(align, width, writer.page.columns)
        writer.page.row(Cell(cells[0].text, cells[0].fact, start), *cells[1:])


def _cells(writer: Writer, key: str, value: str) -> list[Cell]:
    bare = key in _SPEAK_FOR_THEMSELVES and writer.chance(0.45)
    if bare:
        return [Cell(value, key)]
    return [Cell(writer.title(key)), Cell(value, key)]


def _left(align: Align, width: int, columns: int) -> int:
    return max(0, (columns - width) // 2) if align == "center" else 0
