"""Cells of a list under names of their own, ``items[2].amount``, as labels and checks name them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CELL = re.compile(r"(?P<items>.+)\[(?P<row>[1-9]\d{0,3})\]\.(?P<column>.+)")


@dataclass(frozen=True, slots=True)
class CellName:
    """Which cell a name means; rows count from 1."""

    items: str
    row: int
    column: str

    def __str__(self) -> str:
        return f"{self.items}[{self.row}].{self.column}"

    @staticmethod
    def parse(name: str) -> CellName | None:
        """None where the name is that of a field."""
        match = _CELL.fullmatch(name)
        return None if match is None else CellName(match["items"], int(match["row"]), match["column"])


def cell_name(items: str, row: int, column: str) -> str:
    """The name of a cell; ``row`` counts from 1."""
    return str(CellName(items, row, column))
