"""Rows of a table multiply out: quantity times price is amount, and so figures tell which column they are.

A model that has never seen a table's head takes the price for the quantity, or the tax rate for the amount,
on every row alike. Where most rows have three figures below each other of which the third is the product of
the others (or that with the row's tax), these are the three columns, whatever the model chose.
"""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal

from docvlm.grounding.row_places import overlap, row_of, runs_on_row
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

_FEWEST_ROWS = 2
"""Rows that must say something, because three of a row's figures may multiply out by chance."""

_MOST_FIGURES = 12
"""Of a row: with more, chance makes products of them too."""

_HALF_A_CENT = Decimal("0.005")

_PRICE_NAMES = frozenset(
    {"price", "cost", "rate", "each", "prix", "preis", "precio", "prezzo", "preco", "prijs"}
)
_QUANTITY_NAMES = frozenset(
    {"quantity", "qty", "count", "units", "pieces", "hours", "days", "quantite", "qte", "heures", "menge"}
    | {"anzahl", "stunden", "cantidad", "quantita", "aantal", "antal", "ilosc", "quantidade"}
)
_NO_AMOUNT_NAMES = frozenset(
    {"tax", "vat", "gst", "discount", "shipping", "balance", "deposit", "fee", "paid", "due"}
)

_PRICE_HEAD = re.compile(
    r"\b(?:pri[cx]\w*|prijs|pris|\w*preis|precio|preco|prezzo|cena|tari\w*|taux|cost|each|p\W?u)\b",
    re.IGNORECASE,
)
_QUANTITY_HEAD = re.compile(
    r"\b(?:q\w{0,6}t\w*|menge|anzahl|cant\w*|aantal|antal|ilosc|units?|pcs|stk|hours|heures|stunden|std"
    r"|weight|poids|gewicht|peso|kg)\b",
    re.IGNORECASE,
)
_DECIMALS = re.compile(r"[.,]\d{1,2}(?!\d)")
_CURRENCY = re.compile(r"[$€£¥]|\b[A-Z]{3}\b")


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
    place: Box
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
            overlap(mine.place, its.place) > 0.3
            for mine, its in (
                (self.quantity, other.quantity),
                (self.price, other.price),
                (self.amount, other.amount),
            )
        )


def factors_of(columns: Sequence[FieldSpec]) -> Factors | None:
    """The columns that multiply out, by their types and names; None where that cannot be told."""
    names = [set(name_words(without_accents(one.name))) for one in columns]
    numbers = [at for at, one in enumerate(columns) if one.type in (FieldType.NUMBER, FieldType.INTEGER)]
    counts = [at for at in numbers if names[at] & _QUANTITY_NAMES]
    money = [(at, names[at]) for at, one in enumerate(columns) if one.type is FieldType.AMOUNT]
    prices = [at for at, name in money if name & _PRICE_NAMES]
    amounts = [at for at, name in money if at not in prices and not name & _NO_AMOUNT_NAMES]
    if not len(counts) == len(prices) == len(amounts) == 1:
        return None
    return Factors(counts[0], prices[0], amounts[0])


def find_factors(
    chosen: Sequence[Sequence[WordRun | None]],
    factors: Factors,
    columns: Sequence[FieldSpec],
    words: PageWords,
    context: PageContext,
) -> FactorPlaces | None:
    """Where quantity, price and amount stand; None where fewer than most of the rows multiply out.

    Args:
        chosen: what the model chose for each entry, column by column. Of places that many rows multiply out
            in alike, it tells which are meant, where neither heads nor currencies do.
    """
    numbers = (factors.quantity, factors.price, factors.amount)
    entries = [[entry[number] for number in numbers] for entry in chosen]
    rows = {row for entry in chosen if (row := row_of(entry, words)) is not None}
    specs = [columns[number] for number in numbers]
    products = [one for row in sorted(rows) for one in _products(row, specs, words, context)]
    best = max(
        _below_each_other(products),
        key=lambda ones: (
            _count_rows(ones),
            *_looks_right(ones, words),
            _count_chosen(ones, entries),
            sum(_has_decimals(one.price) - _has_decimals(one.quantity) for one in ones),
        ),
        default=[],
    )
    telling = _count_rows([one for one in best if not one.says_nothing])
    if telling < _FEWEST_ROWS or _count_rows(best) < _MOST * len(rows):
        return None
    return FactorPlaces(
        _place([one.quantity for one in best]),
        _place([one.price for one in best]),
        _place([one.amount for one in best]),
        _count_rows(best) / len(rows),
    )


def _below_each_other(products: Sequence[_Product]) -> list[list[_Product]]:
    """The products whose figures stand in the same three places, for each three places."""
    found: list[list[_Product]] = []
    for one in products:
        if not one.says_nothing and not any(one.below(ones[0]) for ones in found):
            found.append([one, *(other for other in products if other is not one and other.below(one))])
    return found


def _products(
    row: int, specs: Sequence[FieldSpec], words: PageWords, context: PageContext
) -> Iterator[_Product]:
    """All triples of figures on a row that multiply out."""
    quantities, prices, amounts = (_figures(row, spec, words, context) for spec in specs)
    if max(len(quantities), len(prices), len(amounts)) > _MOST_FIGURES:
        return
    rates = {Decimal(0), *(one.value for one in quantities if 0 < one.value < 100)}
    for quantity, price, amount in itertools.product(quantities, prices, amounts):
        used = [id(word) for one in (quantity, price, amount) for word in one.run.words]
        if len(used) == len(set(used)) and _multiplies_out(quantity.value, price.value, amount.value, rates):
            yield _Product(row, quantity, price, amount)


def _figures(row: int, spec: FieldSpec, words: PageWords, context: PageContext) -> list[_Figure]:
    found = []
    for run in runs_on_row(row, spec, words, context):
        value = decimal_of(normalise(run.text, spec, context).value)
        if value:
            found.append(_Figure(run, run.box, value))
    return found


def _multiplies_out(quantity: Decimal, price: Decimal, amount: Decimal, rates: Set[Decimal]) -> bool:
    """Whether the amount is quantity times price, alone or with tax at one of the rates (percent).

    A price is printed to the cent, and many of them may miss as many half cents.
    """
    near = _HALF_A_CENT * (1 + abs(quantity))
    return any(abs(quantity * price * (1 + rate / 100) - amount) <= near for rate in rates)


def _count_rows(products: Sequence[_Product]) -> int:
    return len({one.row for one in products})


def _count_chosen(products: Sequence[_Product], entries: Sequence[Sequence[WordRun | None]]) -> int:
    """How many of the figures the model chose for what they would be."""
    return sum(
        any(run is not None and run.words == figure.run.words for run in column)
        for column, figures in zip(
            zip(*entries, strict=True),
            zip(*((one.quantity, one.price, one.amount) for one in products), strict=True),
            strict=True,
        )
        for figure in figures
    )


def _looks_right(products: Sequence[_Product], words: PageWords) -> tuple[int, int]:
    """How well the factors look like quantity and price rather than the other way round: by the words above
    them, and by a currency beside the price."""
    heads = range(max(0, products[0].row - _ROWS_OF_HEADS), products[0].row)
    quantity = " ".join(_above(products[0].quantity.place, heads, words))
    price = " ".join(_above(products[0].price.place, heads, words))
    by_heads = _leans_to_price(price) - _leans_to_price(quantity)
    signs = sum(_has_currency(one.price) - _has_currency(one.quantity) for one in products)
    return by_heads, signs


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


def _has_decimals(figure: _Figure) -> bool:
    return _DECIMALS.search(figure.run.text) is not None


def _has_currency(figure: _Figure) -> bool:
    return _CURRENCY.search(figure.run.text) is not None


def _place(figures: Sequence[_Figure]) -> Box:
    left = statistics.median(one.place.x0 for one in figures)
    return Box(left, 0.0, max(statistics.median(one.place.x1 for one in figures), left + 1.0), 1.0)
