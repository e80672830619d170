"""Rows of a table multiply out: quantity times price is amount, and so figures tell which column they are.

A model that has never seen a table's head takes the price for the quantity, or the tax rate for the amount,
on every row alike. Where most rows have three figures below each other of which the third is the product of
the others (or that with the row's tax), these are the three columns, whatever the model chose.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal

from docvlm.grounding.factor_names import Factors, leans_to_price
from docvlm.grounding.row_places import below_each_other, overlap, row_of, runs_on_row, usual_place
from docvlm.grounding.runs import PageWords, WordRun
from docvlm.schemas import FieldSpec, FieldType, PageContext, normalise
from docvlm.schemas.letters import without_accents
from docvlm.schemas.numbers import decimal_of, find_numbers
from docvlm.types import Box

_MOST = 0.6
"""The share of the rows that must multiply out."""

_ROWS_OF_HEADS = 3
"""The head of a column stands at most so many rows above the first one that multiplies out."""

_FEWEST_ROWS = 2
"""Rows that must say something, because three of a row's figures may multiply out by chance."""

_MOST_FIGURES = 9
"""Of a row: with more, chance makes products of them too."""

_HALF_A_CENT = Decimal("0.005")

_LEAST_OF_PRODUCT, _MOST_OF_PRODUCT = Decimal("0.5"), Decimal("1.5")
"""What an amount less a discount, or with tax, is of quantity times price."""

_PERCENT = FieldSpec("rate", FieldType.PERCENT)

_DIGIT = re.compile(r"\d")
_DECIMALS = re.compile(r"[.,]\d{1,2}(?!\d)")


@dataclass(frozen=True, slots=True)
class FactorPlaces:
    """Where the three columns stand (only left and right of each mean something), and the share of the rows
    that multiply out there.

    ``amount`` is None where the model chose other amounts that may be what is meant: with tax, or less a
    discount.
    """

    quantity: Box
    price: Box
    amount: Box | None
    share: float


@dataclass(frozen=True, slots=True)
class _Figure:
    run: WordRun
    place: Box  # of the run, which would put it together anew each time
    value: Decimal

    def shares_words(self, run: WordRun | None) -> bool:
        """Whether some of these very words are in a run: a currency may be told apart or not."""
        mine = {id(word) for word in self.run.words}
        return run is not None and any(id(word) in mine for word in run.words)


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
            below_each_other(mine.place, its.place)
            for mine, its in (
                (self.quantity, other.quantity),
                (self.price, other.price),
                (self.amount, other.amount),
            )
        )


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
        _in_the_same_places(products),
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
    amounts = [amount for *_, amount in entries]
    otherwise = _chosen_otherwise(best, amounts, specs[-1], words, context)
    return FactorPlaces(
        usual_place([one.quantity.place for one in best]),
        usual_place([one.price.place for one in best]),
        None if otherwise else usual_place([one.amount.place for one in best]),
        _count_rows(best) / len(rows),
    )


def _in_the_same_places(products: Sequence[_Product]) -> list[list[_Product]]:
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
    percents = (*quantities, *_figures(row, _PERCENT, words, context))
    rates = {Decimal(0), *(one.value for one in percents if 0 < one.value < 100)}
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

    A price is printed to the cent, and many of them may miss as many half cents. Signs are left aside:
    credit notes print them in one place or another.
    """
    product = abs(quantity * price)
    near = _HALF_A_CENT * (1 + max(abs(quantity), abs(price)))  # the same for both ways round
    return any(abs(product * (1 + rate / 100) - abs(amount)) <= near for rate in rates)


def _count_rows(products: Sequence[_Product]) -> int:
    return len({one.row for one in products})


def _count_chosen(products: Sequence[_Product], entries: Sequence[Sequence[WordRun | None]]) -> int:
    """How many of the figures the model chose for what they would be."""
    return sum(
        any(figure.shares_words(run) for run in column)
        for column, figures in zip(
            zip(*entries, strict=True),
            zip(*((one.quantity, one.price, one.amount) for one in products), strict=True),
            strict=True,
        )
        for figure in figures
    )


def _chosen_otherwise(
    products: Sequence[_Product],
    amounts: Sequence[WordRun | None],
    spec: FieldSpec,
    words: PageWords,
    context: PageContext,
) -> bool:
    """Whether the model chose other amounts than the products, near enough to them, on most rows."""
    rows = set()
    for one in products:
        for run in amounts:
            if run is not None and words.row_of(run) == one.row and not one.amount.shares_words(run):
                value = decimal_of(normalise(run.text, spec, context).value) or Decimal(0)
                if _LEAST_OF_PRODUCT <= abs(value / one.amount.value) <= _MOST_OF_PRODUCT:
                    rows.add(one.row)
    return len(rows) >= _MOST * _count_rows(products)


def _looks_right(products: Sequence[_Product], words: PageWords) -> tuple[int, int]:
    """How well the factors look like quantity and price rather than the other way round: by the words above
    them, and by a currency beside the price."""
    quantity, price = _heads(products[0], words)
    by_heads = leans_to_price(price) - leans_to_price(quantity)
    signs = sum(_has_currency(one.price) - _has_currency(one.quantity) for one in products)
    return by_heads, signs


def _heads(product: _Product, words: PageWords) -> tuple[str, str]:
    """The words above quantity and price, in the nearest row that has some above all three and no figure."""
    for row in range(product.row - 1, max(-1, product.row - 1 - _ROWS_OF_HEADS), -1):
        quantity, price, amount = (
            " ".join(
                without_accents(word.text) for word in words.lines[row] if overlap(word.box, figure.place) > 0
            )
            for figure in (product.quantity, product.price, product.amount)
        )
        if quantity and price and amount and not _DIGIT.search(quantity + price + amount):
            return quantity, price
    return "", ""


def _has_decimals(figure: _Figure) -> bool:
    return _DECIMALS.search(figure.run.text) is not None


def _has_currency(figure: _Figure) -> bool:
    return any(number.currency_sign is not None for number in find_numbers(figure.run.text))
