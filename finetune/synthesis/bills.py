"""Invoices and purchase orders."""

from __future__ import annotations

import datetime
from random import Random

from finetune.synthesis.contacts import Contact
from finetune.synthesis.goods import Bill, make_bill
from finetune.synthesis.invoice_heads import (
    delivery,
    print_beside_customer,
    print_beside_details,
    print_block,
    print_in_three_parts,
    print_letterhead,
    print_parties_and_details,
    print_seller,
    print_side_by_side,
    print_title,
)
from finetune.synthesis.item_tables import print_items, print_sums
from finetune.synthesis.names import make_address, make_bank, make_company, make_person
from finetune.synthesis.page import Cell, Draft, Role
from finetune.synthesis.values import make_code, make_date, make_iban
from finetune.synthesis.vocabulary import words
from finetune.synthesis.writer import Writer

_SIDEBAR = 40
"""Characters left of the table for who sells."""

_PLACES = {
    "top": 46,
    "beside details": 16,
    "beside customer": 16,
    "three parts": 14,
    "sidebar": 8,
    "foot": 12,
}
"""Where an invoice names its seller, and how often."""


def invoice(rng: Random, language: str) -> Draft:
    """An invoice: who to whom, what for, how much, until when, to which account."""
    writer = Writer("invoice", language, rng.randint(72, 96), rng)
    bill = make_bill(rng, language, 9 if rng.random() < 0.75 else 16, dear=True)
    name = make_company(rng, language)
    details, due_date = _details(writer)
    place = rng.choices(list(_PLACES), list(_PLACES.values()))[0]
    _print_head(writer, place, name, details)
    if place == "sidebar":
        _items_beside_seller(writer, bill, name)
    else:
        print_items(writer, bill)
    print_sums(writer, bill)
    bank_first = writer.chance(0.2)
    if bank_first:
        _bank_details(writer)
    if due_date:
        _pay_by(writer, due_date)
    if not bank_first and writer.chance(0.35):
        _bank_details(writer)
    if place == "foot":
        writer.page.gap(1)
        print_seller(writer, name, rng.choice(("left", "center")))
    if writer.chance(0.4):
        writer.lines([writer.sentence(9) for _ in range(rng.randint(1, 4))], None)
    return writer.finish()


def _print_head(writer: Writer, place: str, name: str, details: list[Contact]) -> None:
    """What stands above the table."""
    if place == "beside details":
        print_beside_details(writer, name, details)
    elif place == "beside customer":
        print_beside_customer(writer, name, details)
    elif place == "three parts":
        print_in_three_parts(writer, name, details)
    else:
        if place == "top":
            print_letterhead(writer, name)
        else:
            print_title(writer, details)
        print_parties_and_details(writer, details)


def _items_beside_seller(writer: Writer, bill: Bill, name: str) -> None:
    """The seller left of the table, which starts where there is room for it."""
    page = writer.page
    top = page.y + 1
    page.indent = _SIDEBAR
    print_items(writer, bill)
    page.indent = 0
    bottom = page.y
    page.y = top + writer.rng.choice((0, 0.5, 1, 2, 3))
    print_seller(writer, name, "left")
    page.y = max(bottom, page.y)
    page.columns += _SIDEBAR


def _details(writer: Writer) -> tuple[list[Contact], str]:
    """What an invoice says about itself; a date by which to pay that is to stand below the sums, or empty."""
    rng, language = writer.rng, writer.language
    day = make_date(rng)
    details = [("invoice_number", make_code(rng)), ("date", writer.style.date(day))]
    due_date = ""
    if writer.chance(0.75):
        due_date = writer.style.date(day + datetime.timedelta(days=rng.choice((0, 7, 14, 30, 45, 60))))
    if due_date and writer.chance(0.5):
        details.append(("due_date", due_date))
        due_date = ""
    if writer.chance(0.4):
        details.append(("order_number", make_code(rng)))
    optional = [
        ("customer_number", make_code(rng)),
        ("delivery_date", writer.style.date(day - datetime.timedelta(days=rng.randint(1, 20)))),
        ("payment_terms", rng.choice(words("terms", language))),
        ("contact_person", make_person(rng, language)),
    ]
    details += rng.sample(optional, rng.choice((0, 0, 1, 1, 2)))
    return details, due_date


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
        print_side_by_side(writer, left, delivery(writer))
    else:
        print_block(writer, left, 0)
    writer.page.gap(1)
    rng.shuffle(details)
    writer.pairs(details)
    print_items(writer, bill)
    print_sums(writer, bill)
    return writer.finish()


def _pay_by(writer: Writer, due_date: str) -> None:
    """The last day to pay, below the sums: behind its label or in a sentence."""
    rng, language = writer.rng, writer.language
    writer.page.gap(rng.choice((0, 1)))
    if writer.chance(0.3):
        writer.line(writer.sentence(7))
    if writer.chance(0.3):
        before, after = rng.choice(words("pay_by", language)).split("{}")
        behind = [Cell(after.strip())] if after.strip() else []
        writer.page.row(Cell(before.strip(), None, 0), Cell(due_date, "due_date"), *behind)
    else:
        writer.pair("due_date", due_date)


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
