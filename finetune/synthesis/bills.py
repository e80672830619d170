"""Invoices and purchase orders."""

from __future__ import annotations

import datetime
from random import Random

from finetune.synthesis.contacts import Contact, print_contacts
from finetune.synthesis.goods import make_bill
from finetune.synthesis.item_tables import print_items, print_sums
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
    bill = make_bill(rng, language, 9 if rng.random() < 0.75 else 16, dear=True)
    name = make_company(rng, language)
    details, due_date = _details(writer)
    place = rng.choices(("top", "beside details", "beside customer", "foot"), (52, 18, 18, 12))[0]
    if place == "beside details":
        _beside_details(writer, name, details)
    elif place == "beside customer":
        _beside_customer(writer, name, details)
    else:
        if place == "top":
            _letterhead(writer, name)
        else:
            _title(writer, details)
        _parties_and_details(writer, details)
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
        _seller(writer, name, rng.choice(("left", "center")))
    if writer.chance(0.4):
        writer.lines([writer.sentence(9) for _ in range(rng.randint(1, 4))], None)
    return writer.finish()


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
    optional = [
        ("order_number", make_code(rng)),
        ("order_number", make_code(rng)),
        ("customer_number", make_code(rng)),
        ("delivery_date", writer.style.date(day - datetime.timedelta(days=rng.randint(1, 20)))),
        ("payment_terms", rng.choice(words("terms", language))),
        ("contact_person", make_person(rng, language)),
    ]
    details += dict(rng.sample(optional, rng.choice((0, 1, 1, 2, 3)))).items()
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
    print_items(writer, bill)
    print_sums(writer, bill)
    return writer.finish()


def _letterhead(writer: Writer, name: str) -> None:
    rng, language = writer.rng, writer.language
    title = rng.choice(words("invoice_titles", language))
    title_first = writer.chance(0.4)
    if title_first:
        writer.line(title, None, rng.choice(("left", "right", "center")), role=Role.TITLE)
    _seller(writer, name, rng.choice(("left", "left", "center")))
    writer.page.gap(1)
    if not title_first and writer.chance(0.8):
        writer.line(title, None, rng.choice(("left", "right", "center")), role=Role.TITLE)


def _seller(writer: Writer, name: str, align: Align, column: int | None = None) -> None:
    """The seller's name, address and contacts, one below the other."""
    rng, language = writer.rng, writer.language
    writer.line(name, "seller_name", align, column)
    if writer.chance(0.85):
        writer.lines(make_address(rng, language), "seller_address", align, column)
    contacts = [
        (key, value)
        for key, value, chance in (
            ("seller_phone", make_phone(rng, language), 0.4),
            ("seller_email", f"info@{make_domain(name)}", 0.25),
            ("seller_website", f"www.{make_domain(name)}", 0.12),
            ("seller_tax_id", make_tax_id(rng, language), 0.4),
            ("seller_registration", make_registration(rng), 0.15),
        )
        if writer.chance(chance)
    ]
    print_contacts(writer, contacts, align, column)


def _title(writer: Writer, details: list[Contact]) -> None:
    """The word invoice, perhaps with the number behind it, which is then none of the details any more."""
    title = writer.rng.choice(words("invoice_titles", writer.language))
    if writer.chance(0.35):
        number = next(value for key, value in details if key == "invoice_number")
        details[:] = [detail for detail in details if detail[0] != "invoice_number"]
        between = writer.rng.choice(("", "", " n°", " #", " No.", " -"))
        start = writer.rng.choice((0, 0, writer.page.columns // 2))
        writer.page.row(Cell(title + between, None, start), Cell(number, "invoice_number"), role=Role.TITLE)
    else:
        writer.line(title, None, writer.rng.choice(("left", "right", "center")), role=Role.TITLE)


def _beside_details(writer: Writer, name: str, details: list[Contact]) -> None:
    """The seller on one side, title and details on the other; the customer below."""
    half = writer.page.columns // 2 + 2
    seller_column, details_column = writer.rng.choice(((0, half), (0, half), (half, 0)))
    if writer.chance(0.5):
        _title(writer, details)
    top = writer.page.y
    _seller(writer, name, "left", seller_column)
    bottom = writer.page.y
    writer.page.y = top + writer.rng.choice((0, 0, 1))
    writer.rng.shuffle(details)
    writer.pairs(details, details_column, details_column + half - 4)
    writer.page.y = max(bottom, writer.page.y) + 1
    if writer.chance(0.85):
        _block(writer, _customer(writer), writer.rng.choice((0, 0, half)))


def _beside_customer(writer: Writer, name: str, details: list[Contact]) -> None:
    """Seller and customer side by side, the details above or below them."""
    half = writer.page.columns // 2 + 2
    seller_column, customer_column = writer.rng.choice(((0, half), (half, 0)))
    _title(writer, details)
    writer.rng.shuffle(details)
    details_first = writer.chance(0.3)
    if details_first:
        writer.pairs(details)
        writer.page.gap(1)
    top = writer.page.y
    _seller(writer, name, "left", seller_column)
    bottom = writer.page.y
    writer.page.y = top + writer.rng.choice((0, 1, 2))
    customer = _customer(writer)
    _block(writer, customer if writer.chance(0.7) else ("", *customer[1:]), customer_column)
    writer.page.y = max(bottom, writer.page.y) + 1
    if not details_first:
        writer.pairs(details)


def _parties_and_details(writer: Writer, details: list[Contact]) -> None:
    """The customer, perhaps a second address, and the invoice's own data; in any order."""
    rng, language = writer.rng, writer.language
    customer = _customer(writer)
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


def _customer(writer: Writer) -> _Party:
    rng, language = writer.rng, writer.language
    name = make_company(rng, language) if writer.chance(0.6) else make_person(rng, language)
    label = writer.label("buyer_name") + (":" if writer.separator else "")
    return label, [name, *make_address(rng, language)], ("buyer_name", "buyer_address")


def _block(writer: Writer, party: _Party, column: int) -> None:
    """A label with a name and an address below; the first line is one fact, the rest another."""
    label, lines, (first, rest) = party
    if label:
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
