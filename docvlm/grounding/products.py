"""Rows of a table multiply out: quantity times price is amount, and so figures tell which column they are.

A model that has never seen a table's head takes the price for the quantity, or the tax rate for the amount,
on every row alike. Where most rows have three figures below each other of which the third is the product of
the others (or that with the row's tax), these are the three columns, whatever the model chose.
"""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from docvlm.grounding.row_places import overlap, runs_on_row
from docvlm.grounding.runs import PageWords, WordRun
from docvlm.schemas import FieldSpec, FieldType, PageContext, normalise
from docvlm.schemas.letters import without_accents
from docvlm.schemas.naming import name_words
from docvlm.schemas.numbers import decimal_of
from docvlm.types import Box

_MOST = 0.6
"""The share of the rows that must multiply out."""

_ROWS_OF_HEADS = 3
"""The head of a column stands at most so many rows above the first one that multiplies out."""

_HALF_A_CENT = Decimal("0.005")

_PRICE_NAMES = frozenset(
    {"price", "cost", "rate", "each", "prix", "preis", "precio", "prezzo", "preco", "prijs"}
)
_NO_AMOUNT_NAMES = frozenset({"tax", "vat", "gst", "discount", "shipping"})

_PRICE_HEAD = re.compile(
    r"\b(?:\w*pri[cxsj]\w*|\w*preis|preco|prezzo|cena|rate|cost|each|p\W?u|e\W?p)\b", re.IGNORECASE
)
_QUANTITY_HEAD = re.compile(
    r"\b(?:q\w{0,6}t\w*|menge|anzahl|cant\w*|aantal|antal|ilosc|units?|pcs|stk|hours|std)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Factors:
    """Which columns of a list, by number, multiply out: ``quantity`` × ``price`` = ``amount``."""

    quantity: int
    price: int
    amount: int


@dataclass(frozen=True, slots=True)
class FactorPlaces:
    """Where the three columns stand (only left and right of each mean something), and the share of the rows
    that multiply out there."""

    quantity: Box
    price: Box
    amount: Box
    share: float


@dataclass(frozen=True, slots=True)
class _Figure:
    run: WordRun
    value: Decimal


@dataclass(frozen=True, slots=True)
class _Product:
    """Three figures of a row; says nothing where one of the factors is 1, as any two alike will do then."""

    row: int
    quantity: _Figure
    price: _Figure
    amount: _Figure

    @property
    def says_nothing(self) -> bool:
        return 1 in (self.quantity.value, self.price.value)

    def below(self, other: _Product) -> bool:
        return all(
            overlap(mine.run.box, its.run.box) > 0.3
            for mine, its in (
                (self.quantity, other.quantity),
                (self.price, other.price),
                (self.amount, other.amount),
            )
        )


def factors_of(columns: Sequence[FieldSpec]) -> Factors | None:
    """The columns that multiply out, by their types and names; None where that cannot be told."""
    counts = [at for at, one in enumerate(columns) if one.type in (FieldType.NUMBER, FieldType.INTEGER)]
    money = [
        (at, set(name_words(one.name))) for at, one in enumerate(columns) if one.type is FieldType.AMOUNT
    ]
    prices = [at for at, name in money if name & _PRICE_NAMES]
    amounts = [at for at, name in money if at not in prices and not name & _NO_AMOUNT_NAMES]
    if not len(counts) == len(prices) == len(amounts) == 1:
        return None
    return Factors(counts[0], prices[0], amounts[0])


def find_factors(
    rows: Sequence[int], columns: Sequence[FieldSpec], words: PageWords, context: PageContext
) -> FactorPlaces | None:
    """Where quantity, price and amount stand; None where fewer than most of the rows multiply out.

    Args:
        rows: the rows of the page that hold entries.
    """
    factors = factors_of(columns)
    if factors is None or not rows:
        return None
    specs = [columns[at] for at in (factors.quantity, factors.price, factors.amount)]
    products = [one for row in sorted(set(rows)) for one in _products(row, specs, words, context)]
    alike = [[other for other in products if other.below(one)] for one in products if not one.says_nothing]
    best = max(alike, key=lambda ones: (_rows(ones), _looks_right(ones, words)), default=[])
    share = _rows(best) / len(set(rows))
    if share < _MOST:
        return None
    return FactorPlaces(
        _place([one.quantity for one in best]),
        _place([one.price for one in best]),
        _place([one.amount for one in best]),
        share,
    )


def _products(
    row: int, specs: Sequence[FieldSpec], words: PageWords, context: PageContext
) -> Iterator[_Product]:
    """All triples of figures on a row that multiply out."""
    quantities, prices, amounts = (_figures(row, spec, words, context) for spec in specs)
    rates = [Decimal(0), *(one.value for one in quantities if 0 < one.value < 100)]
    for quantity, price, amount in itertools.product(quantities, prices, amounts):
        used = [id(word) for one in (quantity, price, amount) for word in one.run.words]
        if len(used) == len(set(used)) and _multiplies_out(quantity.value, price.value, amount.value, rates):
            yield _Product(row, quantity, price, amount)


def _figures(row: int, spec: FieldSpec, words: PageWords, context: PageContext) -> list[_Figure]:
    found = []
    for run in runs_on_row(row, spec, words, context):
        value = decimal_of(normalise(run.text, spec, context).value)
        if value:
            found.append(_Figure(run, value))
    return found


def _multiplies_out(quantity: Decimal, price: Decimal, amount: Decimal, rates: Sequence[Decimal]) -> bool:
    """Whether the amount is quantity times price, alone or with tax at one of the rates (percent).

    A price is printed to the cent, and many of them may miss as many half cents.
    """
    near = _HALF_A_CENT * (1 + abs(quantity))
    return any(abs(quantity * price * (1 + rate / 100) - amount) <= near for rate in rates)


def _rows(products: Sequence[_Product]) -> int:
    return len({one.row for one in products})


def _looks_right(products: Sequence[_Product], words: PageWords) -> tuple[int, int, int]:
    """How well the factors look like quantity and price rather than the other way round: by the words above
    them, by a currency beside the price, and by whole quantities."""
    heads = range(max(0, products[0].row - _ROWS_OF_HEADS), products[0].row)
    quantity = " ".join(_above(products[0].quantity.run.box, heads, words))
    price = " ".join(_above(products[0].price.run.box, heads, words))
    by_heads = _leans_to_price(price) - _leans_to_price(quantity)
    signs = sum(_has_sign(one.price.run.text) - _has_sign(one.quantity.run.text) for one in products)
    whole = sum(_is_whole(one.quantity.value) - _is_whole(one.price.value) for one in products)
    return by_heads, signs, whole


def _leans_to_price(head: str) -> int:
    """``Unit price`` says both, and means the price."""
    return 1 if _PRICE_HEAD.search(head) else -1 if _QUANTITY_HEAD.search(head) else 0


def _above(place: Box, rows: Sequence[int], words: PageWords) -> list[str]:
    return [
        without_accents(word.text)
        for row in rows
        for word in words.lines[row]
        if overlap(word.box, place) > 0
    ]


def _has_sign(text: str) -> bool:
    return any(not (letter.isdigit() or letter in " .,'-+") for letter in text)


def _is_whole(value: Decimal) -> bool:
    return value == value.to_integral_value()


def _place(figures: Sequence[_Figure]) -> Box:
    left = statistics.median(one.run.box.x0 for one in figures)
    return Box(left, 0.0, max(statistics.median(one.run.box.x1 for one in figures), left + 1.0), 1.0)
