"""The table of what is charged on an invoice or an order, and the sums below it."""

from __future__ import annotations

from finetune.synthesis.goods import Bill, Item
from finetune.synthesis.page import Align, Cell, Role
from finetune.synthesis.vocabulary import words
from finetune.synthesis.writer import Writer

_FIGURES = ("quantity", "unit_price", "row_tax", "amount")
"""Columns that end where they stand; the others start there."""

_FIGURE_WIDTH = 12


def print_items(writer: Writer, bill: Bill) -> None:
    """Items in columns; an index and a rate of tax a row are printed at times and never asked for."""
    writer.page.gap(1)
    keys = _columns(writer)
    places = _column_places(keys, writer.page.columns)
    heads = (Cell(_head(writer, key), None, *places[key]) for key in keys)
    writer.page.row(*heads, role=Role.HEADER)
    style = _RowStyle(writer, bill)
    for number, item in enumerate(bill.items):
        cells: list[Cell] = []
        for key in keys:
            cells += style.cells(key, number, item, *places[key])
        writer.page.row(*cells)
        if writer.rng.random() < 0.06:
            writer.line(writer.sentence(4), None, "left", places["description"][0])
        if style.loose:
            writer.page.gap(1)
    writer.page.gap(writer.rng.choice((0, 1)))


class _RowStyle:
    """How the rows of one table print their figures."""

    def __init__(self, writer: Writer, bill: Bill) -> None:
        rng = writer.rng
        self._writer = writer
        self._percent = bill.tax_percent
        self._tax_word = rng.choice(("", "", writer.label("tax", "row_tax") + " "))
        self._quantity = rng.choice(("{}", "{}", "{}", "{}{}00", "{}{}0"))
        self._unit = rng.choice(("", "", "", "", *words("units", writer.language)))
        self._currency = writer.chance(0.4)
        self.loose = writer.chance(0.25)

    def cells(self, key: str, number: int, item: Item, column: int, align: Align) -> list[Cell]:
        writer, fact = self._writer, f"items.{number}.{key}"
        if key in ("unit_price", "amount"):
            cents = item.unit_price if key == "unit_price" else item.amount
            if self._currency:
                return writer.money(cents, fact, column)
            return [Cell(writer.style.amount(cents), fact, column, align)]
        if key == "quantity":
            text = self._quantity.format(item.quantity, writer.style.decimal)
            if not self._unit or align == "left":
                return [Cell(text, fact, column, align)]
            return [Cell(text, fact, column - len(self._unit) - 1, align), Cell(self._unit)]
        if key == "row_tax":
            return [Cell(f"{self._tax_word}{self._percent}%", None, column, align)]
        if key == "position":
            return [Cell(str(number + 1), None, column)]
        return [Cell(item.code if key == "code" else item.description, fact, column, align)]


def _columns(writer: Writer) -> list[str]:
    keys = ["description", "quantity", "unit_price", "amount"]
    if writer.chance(0.3):
        keys.insert(0, "code")
    elif writer.chance(0.15):
        keys.insert(0, "position")
    if writer.chance(0.2):
        keys.remove("unit_price")
    if writer.chance(0.2):
        keys.remove("quantity")
        keys.insert(0, "quantity")
    elif "unit_price" in keys and writer.chance(0.12):
        place = keys.index("quantity")
        keys[place : place + 2] = ["unit_price", "quantity"]
    if writer.page.columns > 76 and writer.chance(0.25):
        keys.insert(-1, "row_tax")
    return keys


def _head(writer: Writer, key: str) -> str:
    if key == "position":
        return writer.rng.choice(("#", "No", "Pos."))
    if key == "row_tax":
        return writer.label("tax", "row_tax")
    return writer.label(key, f"items.{key}")


def _column_places(keys: list[str], right: int) -> dict[str, tuple[int, Align]]:
    """Where each column stands; text starts at its column, figures end at theirs."""
    figures = [key for key in keys if key in _FIGURES]
    places: dict[str, tuple[int, Align]] = {}
    left = 0
    end = right - _FIGURE_WIDTH * (len(figures) - 1)
    for key in keys:
        if key in figures and key == keys[0]:
            places[key] = (0, "left")
            left = 8
        elif key in figures:
            places[key] = (min(end, right), "right")
            end += _FIGURE_WIDTH
        else:
            places[key] = (left, "left")
            left += 5 if key == "position" else 16
    places[keys[-1]] = (right, "right")
    return places


def print_sums(writer: Writer, bill: Bill) -> None:
    """Subtotal, discount, shipping, tax and total: below each other, or side by side below their heads."""
    rng, right = writer.rng, writer.page.columns
    label_column = rng.choice((right - 34, right - 34, right - 40, 0))
    if writer.chance(0.35):
        _sums_under_heads(writer, bill)
    else:
        _sums_in_rows(writer, bill, label_column)
    if writer.chance(0.15):
        # What is due is said once more, under another name.
        due = writer.cased(rng.choice(words("amount_due", writer.language)))
        writer.page.row(
            Cell(due + writer.separator, None, label_column), *writer.money(bill.total, None, right)
        )


def _sums_under_heads(writer: Writer, bill: Bill) -> None:
    """The sums in one row; what was paid before and the amount that is taxed may stand among them."""
    amount = writer.style.amount
    pairs = [("subtotal", amount(bill.subtotal))]
    if writer.chance(0.4):
        pairs.insert(writer.rng.choice((0, 1)), ("taxable_amount", amount(bill.net)))
    if bill.discount:
        pairs.append(("discount", amount(bill.discount)))
    if bill.shipping:
        pairs.append(("shipping", amount(bill.shipping)))
    if bill.tax_percent and writer.chance(0.5):
        rate = f"{writer.label('tax')} {bill.tax_percent}%" if writer.chance(0.4) else f"{bill.tax_percent}%"
        pairs.insert(writer.rng.randint(1, len(pairs)), ("tax_rate", rate))
    if writer.chance(0.3):
        pairs.insert(writer.rng.randint(1, len(pairs)), ("paid_before", amount(0)))
    writer.headed([*pairs, ("tax", amount(bill.tax)), ("total", amount(bill.total))])


def _sums_in_rows(writer: Writer, bill: Bill, label_column: int) -> None:
    right = writer.page.columns
    if bill.tax or writer.chance(0.4):
        writer.amount_row("subtotal", bill.subtotal, right, label_column)
    if bill.discount:
        writer.amount_row("discount", bill.discount, right, label_column)
    if bill.shipping:
        writer.amount_row("shipping", bill.shipping, right, label_column)
    if bill.tax:
        label = [Cell(writer.title("tax"), None, label_column)]
        if writer.chance(0.6):
            percent = Cell(f"{bill.tax_percent}%", "tax_rate")
            label = [Cell(writer.label("tax"), None, label_column), percent]
        writer.page.row(*label, *writer.money(bill.tax, "tax", right))
    writer.amount_row("total", bill.total, right, label_column)
