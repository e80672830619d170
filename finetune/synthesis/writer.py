"""How one document prints: its labels, its separators, its capitals. All document kinds write through it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random

from finetune.synthesis.page import Align, Cell, Draft, PageBuilder, Role
from finetune.synthesis.values import Style, make_style
from finetune.synthesis.vocabulary import fact_kinds, sentence

_SEPARATORS = (":", ":", ":", ":", " :", "", "", "", ".:", " -", " #", "=")


class Writer:
    """A page under construction together with the habits of the document."""

    def __init__(self, kind: str, language: str, columns: int, rng: Random) -> None:
        self.kind = kind
        self.rng = rng
        self.style: Style = make_style(rng, language)
        self.page = PageBuilder(columns, rng)
        self.labels: dict[str, str] = {}
        self.separator = rng.choice(_SEPARATORS)
        self.upper = rng.random() < 0.35
        self.currency_place = rng.choice(("none", "none", "before", "glued", "after", "label"))
        self._signs_total_only = rng.random() < 0.15

    @property
    def language(self) -> str:
        return self.style.language

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def cased(self, text: str) -> str:
        return text.upper() if self.upper else text

    def label(self, key: str, fact: str | None = None) -> str:
        """A printed label for a kind of fact, remembered for the fact it introduces."""
        label = self.cased(fact_kinds()[key].label(self.rng, self.language))
        self.labels[fact or key] = label
        return label

    def title(self, key: str) -> str:
        return self.label(key) + self.separator

    def line(
        self,
        text: str,
        fact: str | None = None,
        align: Align = "left",
        column: int | None = None,
        role: Role = Role.TEXT,
    ) -> None:
        """One row that holds one text."""
        if column is None:
            column = {"left": 0, "center": self.page.columns // 2, "right": self.page.columns}[align]
        self.page.row(Cell(text, fact, column, align), role=role)

    def lines(
        self, texts: Iterable[str], fact: str | None, align: Align = "left", column: int | None = None
    ) -> None:
        for text in texts:
            self.line(text, fact, align, column)

    def pair(
        self, key: str, value: str, column: int = 0, value_column: int | None = None, align: Align = "left"
    ) -> None:
        """``Label: value``, the value after one space or at a column of its own."""
        self.page.row(Cell(self.title(key), None, column), Cell(value, key, value_column, align))

    def aligned_pair(self, key: str, value: str, align: Align) -> None:
        """``Label: value`` as one text, at the left or in the middle of the page."""
        title = self.title(key)
        width = len(title) + 1 + len(value)
        start = max(0, (self.page.columns - width) // 2) if align == "center" else 0
        self.page.row(Cell(title, None, start), Cell(value, key))

    def money(self, cents: int, fact: str | None, column: int) -> list[Cell]:
        """An amount that ends at ``column``, with its currency where this document prints it."""
        text = self.style.amount(cents)
        place = self.currency_place
        sign = self.style.currency
        if self._signs_total_only and fact != "total":
            place = "none"
        if place == "glued":
            return [Cell(sign + text, fact, column, "right")]
        if place == "before":
            return [Cell(sign, None, column - len(text) - 1, "right"), Cell(text, fact, column, "right")]
        if place == "after":
            return [Cell(text, fact, column - len(sign) - 1, "right"), Cell(sign)]
        return [Cell(text, fact, column, "right")]

    def amount_row(self, key: str, cents: int, column: int, label_column: int = 0) -> None:
        """A label and an amount at the right, as in the totals of a bill."""
        label = self.label(key)
        if self.currency_place == "label" and self.chance(0.7):
            label = f"{label} ({self.style.currency})"
        self.page.row(Cell(label + self.separator, None, label_column), *self.money(cents, key, column))

    def pairs(self, pairs: Sequence[tuple[str, str]], column: int = 0, right: int | None = None) -> None:
        """Label and value pairs in a usual arrangement, from ``column`` to ``right`` or the margin."""
        arrangement = self.rng.choice(("flow", "flow", "columns", "right", "stacked", "heading", "heading"))
        if arrangement == "heading":
            self.headed(pairs, column, right)
            return
        if arrangement == "stacked" and len(pairs) > 5:
            arrangement = "columns"
        titles = [(key, self.title(key), value) for key, value in pairs]
        wide = max((len(title) for _, title, _ in titles), default=0) + 2
        for key, title, value in titles:
            if arrangement == "stacked":
                self.line(title, None, "left", column, Role.LABEL)
                self.line(value, key, "left", column)
            elif arrangement == "flow":
                self.page.row(Cell(title, None, column), Cell(value, key))
            elif arrangement == "columns":
                self.page.row(Cell(title, None, column), Cell(value, key, column + wide))
            else:
                self.page.row(
                    Cell(title, None, column),
                    Cell(value, key, right or max(self.page.columns, column + 30), "right"),
                )

    def headed(self, pairs: Sequence[tuple[str, str]], column: int = 0, right: int | None = None) -> None:
        """Labels side by side in one row and their values below them, as many in a row as fit."""
        space = self.rng.choice((3, 3, 5, 9))
        wrapped, gap = self.chance(0.15), self.rng.choice((0, 0, 0.5, 1))
        waiting = list(pairs)
        while waiting:
            headings: list[Cell] = []
            values: list[Cell] = []
            place = column
            while waiting:
                key, value = waiting[0]
                label = self.label(key)
                width = max(len(label), len(value)) + space
                if headings and place + width > (right or self.page.columns):
                    break
                headings.append(Cell(label, None, place))
                values.append(Cell(value, key, place))
                place += width
                waiting.pop(0)
            for row in _in_two_rows(headings) if wrapped else (headings,):
                self.page.row(*row, role=Role.LABEL)
            self.page.gap(gap)
            self.page.row(*values)

    def sentence(self, words: int = 8) -> str:
        """Running text without meaning."""
        return sentence(self.rng, self.language, words)

    def rule(self) -> None:
        """A printed rule, which readers often give as characters."""
        if self.chance(0.3):
            self.line(self.rng.choice("-=*_.") * self.rng.randint(8, min(40, self.page.columns)))

    def finish(self) -> Draft:
        return Draft(
            self.kind,
            self.language,
            self.page.words(),
            dict(self.labels),
            self.page.rows(),
            self.page.columns,
        )


def _in_two_rows(headings: Sequence[Cell]) -> Sequence[Sequence[Cell]]:
    """Headings broken after their first word where they have several; the first words stand above."""
    parts = [(cell.column, cell.text.split(" ", 1)) for cell in headings]
    if all(len(texts) == 1 for _, texts in parts):
        return (headings,)
    above = [Cell(texts[0], None, column) for column, texts in parts if len(texts) > 1]
    below = [Cell(texts[-1], None, column) for column, texts in parts]
    return above, below
