"""Invoices and purchase orders."""

from __future__ import annotations

import datetime
from random import Random

from finetune.synthesis.goods import Bill, make_bill
from finetune.synthesis.names import make_address, make_bank, make_company, make_domain, make_person
from finetune.synthesis.page import Align, Cell, Draft, Role
from finetune.synthesis.values import (
    make_code,
    make_date,
    make_iban,
    make_phone,
    make_registration,
    make_tax_id,
)
from finetune.synthesis.vocabulary import words
from finetune.synthesis.writer import Writer


def invoice(rng: Random, language: str) -> Draft:
    """An invoice: who to whom, what for, how much, until when, to which account."""
    writer = Writer("invoice", language, rng.randint(72, 96), rng)
    bill = make_bill(rng, language, 4 if rng.random() < 0.8 else 10, dear=True)
    day = make_date(rng)
    name = make_company(rng, language)
    _letterhead(writer, name)
    details = [("invoice_number", make_code(rng)), ("date", writer.style.date(day))]
    if writer.chance(0.6):
        details.append(
            ("due_date", writer.style.date(day + datetime.timedelta(days=rng.choice((7, 14, 30, 45, 60)))))
        )
    optional = [
        ("order_number", make_code(rng)),
        ("customer_number", make_code(rng)),
        ("delivery_date", writer.style.date(day - datetime.timedelta(days=rng.randint(1, 20)))),
        ("payment_terms", rng.choice(words("terms", language))),
        ("contact_person", make_person(rng, language)),
    ]
    details += rng.sample(optional, rng.choice((0, 1, 1, 2, 3)))
    _parties_and_details(writer, details)
    _table(writer, bill)
    _sums(writer, bill)
    if writer.chance(0.4):
        _bank_details(writer)
    if writer.chance(0.25):
        writer.line(writer.sentence(9))
    return writer.finish()


def order(rng: Random, language: str) -> Draft:
    """A purchase order: the buyer writes it, the supplier delivers."""
    writer = Writer("order", language, rng.randint(72, 96), rng)
    bill = make_bill(rng, language, 4, dear=True)
    day = make_date(rng)
    buyer = make_company(rng, language)
    writer.line(
        writer.rng.choice(words("order_titles", language)),
        None,
        rng.choice(("left", "right", "center")),
        role=Role.TITLE,
    )
    writer.line(buyer, "buyer_name")
    if writer.chance(0.8):
        writer.lines(make_address(rng, language), "buyer_address")
    writer.page.gap(1)
    details = [("order_number", make_code(rng)), ("date", writer.style.date(day))]
    optional = [
        ("delivery_date", writer.style.date(day + datetime.timedelta(days=rng.randint(3, 60)))),
        ("payment_terms", rng.choice(words("terms", language))),
        ("contact_person", make_person(rng, language)),
        ("customer_number", make_code(rng)),
    ]
    details += rng.sample(optional, rng.choice((0, 1, 2, 3)))
    supplier = [make_company(rng, language), *make_address(rng, language)]
    left = (writer.label("seller_name"), supplier, ("seller_name", "seller_address"))
    if writer.chance(0.5):
        delivery = (
            writer.label("delivery_address"),
            make_address(rng, language),
            ("delivery_address", "delivery_address"),
        )
        _side_by_side(writer, left, delivery)
    else:
        _block(writer, left, 0)
    writer.page.gap(1)
    rng.shuffle(details)
    writer.pairs(details)
    _table(writer, bill)
    _sums(writer, bill)
    return writer.finish()


def _letterhead(writer: Writer, name: str) -> None:
    rng, language = writer.rng, writer.language
    title = rng.choice(words("invoice_titles", language))
    title_first = writer.chance(0.4)
    if title_first:
        writer.line(title, None, rng.choice(("left", "right", "center")), role=Role.TITLE)
    align: Align = rng.choice(("left", "left", "center"))
    writer.line(name, "seller_name", align)
    if writer.chance(0.85):
        writer.lines(make_address(rng, language), "seller_address", align)
    for key, value, chance in (
        ("seller_phone", make_phone(rng, language), 0.5),
        ("seller_email", f"info@{make_domain(name)}", 0.3),
        ("seller_website", f"www.{make_domain(name)}", 0.15),
        ("seller_tax_id", make_tax_id(rng, language), 0.5),
        ("seller_registration", make_registration(rng), 0.2),
    ):
        if writer.chance(chance):
            writer.aligned_pair(key, value, align)
    writer.page.gap(1)
    if not title_first and writer.chance(0.8):
        writer.line(title, None, rng.choice(("left", "right", "center")), role=Role.TITLE)


def _parties_and_details(writer: Writer, details: list[tuple[str, str]]) -> None:
    """The customer, perhaps a second address, and the invoice's own data; in any order."""
    rng, language = writer.rng, writer.language
    name = make_company(rng, language) if writer.chance(0.6) else make_person(rng, language)
    customer = (
        writer.label("buyer_name") + (":" if writer.separator else ""),
        [name, *make_address(rng, language)],
        ("buyer_name", "buyer_address"),
    )
    rng.shuffle(details)
    parties_first = writer.chance(0.5)
    if not parties_first:
        writer.pairs(details)
        writer.page.gap(1)
    if writer.chance(0.3):
        delivery = (
            writer.label("delivery_address"),
            make_address(rng, language),
            ("delivery_address", "delivery_address"),
        )
        _side_by_side(writer, customer, delivery)
    elif writer.chance(0.85):
        _block(writer, customer, rng.choice((0, 0, writer.page.columns // 2)))
    if parties_first:
        writer.page.gap(1)
        writer.pairs(details)


_Party = tuple[str, list[str], tuple[str, str]]


def _block(writer: Writer, party: _Party, column: int) -> None:
    """A label with a name and an address below; the first line is one fact, the rest another."""
    label, lines, (first, rest) = party
    writer.line(label, None, "left", column, Role.LABEL)
    writer.line(lines[0], first, "left", column)
    writer.lines(lines[1:], rest, "left", column)


def _side_by_side(writer: Writer, left: _Party, right: _Party) -> None:
    top = writer.page.y
    _block(writer, left, 0)
    bottom = writer.page.y
    writer.page.y = top
    _block(writer, right, writer.page.columns // 2 + 4)
    writer.page.y = max(bottom, writer.page.y)


def _table(writer: Writer, bill: Bill) -> None:
    """Items in ruled or unruled columns."""
    rng, right = writer.rng, writer.page.columns
    writer.page.gap(1)
    keys = ["description", "quantity", "unit_price", "amount"]
    if writer.chance(0.3):
        keys.insert(0, "code")
    if writer.chance(0.2):
        keys.remove("unit_price")
    quantity_first = writer.chance(0.2)
    if quantity_first:
        keys.remove("quantity")
        keys.insert(0, "quantity")
    places = _column_places(keys, right)
    header = [writer.label(key, f"items.{key}") for key in keys]
    heads = (Cell(text, None, *places[key]) for key, text in zip(keys, header, strict=True))
    writer.page.row(*heads, role=Role.HEADER)
    for number, item in enumerate(bill.items):
        values = {
            "code": item.code,
            "description": item.description,
            "quantity": str(item.quantity),
            "unit_price": writer.style.amount(item.unit_price),
            "amount": writer.style.amount(item.amount),
        }
        writer.page.row(*(Cell(values[key], f"items.{number}.{key}", *places[key]) for key in keys))
        if rng.random() < 0.06:
            writer.line(writer.sentence(4), None, "left", places["description"][0])
    writer.page.gap(rng.choice((0, 1)))


def _column_places(keys: list[str], right: int) -> dict[str, tuple[int, Align]]:
    """Where each column stands; text starts at its column, figures end at theirs."""
    figures = [key for key in keys if key in ("quantity", "unit_price", "amount")]
    places: dict[str, tuple[int, Align]] = {}
    left = 0
    end = right - 12 * (len(figures) - 1)
    for key in keys:
        if key in figures and key == keys[0]:
            places[key] = (0, "left")
            left = 8
        elif key in figures:
            places[key] = (min(end, right), "right")
            end += 12
        else:
            places[key] = (left, "left")
            left += 16
    places[keys[-1]] = (right, "right")
    return places


def _sums(writer: Writer, bill: Bill) -> None:
    rng, right = writer.rng, writer.page.columns
    label_column = rng.choice((right - 34, right - 34, right - 40, 0))
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


def _bank_details(writer: Writer) -> None:
    rng, language = writer.rng, writer.language
    writer.page.gap(1)
    pairs = [("iban", make_iban(rng, language))]
    if writer.chance(0.6):
        pairs.append(("bic", make_code(rng, "@@@@@@##")))
    if writer.chance(0.5):
        pairs.insert(0, ("bank_name", make_bank(rng, language)))
    for key, value in pairs:
        writer.pair(key, value)
