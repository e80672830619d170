"""The heads of invoices: who writes, to whom, about what; side by side or below each other."""

from __future__ import annotations

from finetune.synthesis.contacts import Contact, print_contacts
from finetune.synthesis.names import make_address, make_company, make_domain, make_person
from finetune.synthesis.page import Align, Cell, Role
from finetune.synthesis.values import make_phone, make_registration, make_tax_id
from finetune.synthesis.vocabulary import words
from finetune.synthesis.writer import Writer

Party = tuple[str, list[str], tuple[str, str]]
"""A label, the lines below it, and the facts of the first line and of the rest."""


def print_letterhead(writer: Writer, name: str) -> None:
    """The seller at the top, the word invoice above or below."""
    rng, language = writer.rng, writer.language
    title = rng.choice(words("invoice_titles", language))
    title_first = writer.chance(0.4)
    if title_first:
        writer.line(title, None, rng.choice(("left", "right", "center")), role=Role.TITLE)
    print_seller(writer, name, rng.choice(("left", "left", "center")))
    writer.page.gap(1)
    if not title_first and writer.chance(0.8):
        writer.line(title, None, rng.choice(("left", "right", "center")), role=Role.TITLE)


def print_seller(writer: Writer, name: str, align: Align, column: int | None = None) -> None:
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


def print_title(writer: Writer, details: list[Contact]) -> None:
    """The word invoice, perhaps with the number behind it, which is then none of the details any more."""
    title = writer.rng.choice(words("invoice_titles", writer.language))
    if writer.chance(0.35):
        number = _take_number(details)
        between = writer.rng.choice(("", "", " n°", " #", " No.", " -"))
        start = writer.rng.choice((0, 0, writer.page.columns // 2))
        writer.page.row(Cell(title + between, None, start), Cell(number, "invoice_number"), role=Role.TITLE)
    else:
        writer.line(title, None, writer.rng.choice(("left", "right", "center")), role=Role.TITLE)


def print_beside_details(writer: Writer, name: str, details: list[Contact]) -> None:
    """The seller on one side, title and details on the other; the customer below."""
    half = writer.page.columns // 2 + 2
    seller_column, details_column = writer.rng.choice(((0, half), (0, half), (half, 0)))
    if writer.chance(0.5):
        print_title(writer, details)
    top = writer.page.y
    print_seller(writer, name, "left", seller_column)
    bottom = writer.page.y
    writer.page.y = top + writer.rng.choice((0, 0, 1))
    writer.rng.shuffle(details)
    writer.pairs(details, details_column, details_column + half - 4)
    writer.page.y = max(bottom, writer.page.y) + 1
    if writer.chance(0.85):
        print_block(writer, _customer(writer), writer.rng.choice((0, 0, half)))


def print_beside_customer(writer: Writer, name: str, details: list[Contact]) -> None:
    """Seller and customer side by side, the details above or below them."""
    half = writer.page.columns // 2 + 2
    seller_column, customer_column = writer.rng.choice(((0, half), (half, 0)))
    print_title(writer, details)
    writer.rng.shuffle(details)
    details_first = writer.chance(0.3)
    if details_first:
        writer.pairs(details)
        writer.page.gap(1)
    top = writer.page.y
    print_seller(writer, name, "left", seller_column)
    bottom = writer.page.y
    writer.page.y = top + writer.rng.choice((0, 1, 2))
    customer = _customer(writer)
    print_block(writer, customer if writer.chance(0.7) else ("", *customer[1:]), customer_column)
    writer.page.y = max(bottom, writer.page.y) + 1
    if not details_first:
        writer.pairs(details)


def print_in_three_parts(writer: Writer, name: str, details: list[Contact]) -> None:
    """Title, seller and details side by side across the page, in any order; the customer below."""
    rng, page = writer.rng, writer.page
    widths = {"title": 28, "seller": 34, "details": 44}
    order = rng.sample(list(widths), len(widths))
    starts = {part: sum(widths[before] for before in order[:place]) for place, part in enumerate(order)}
    page.columns = sum(widths.values())
    tops = {part: page.y + rng.choice((0, 0, 0, 0.5, 1)) for part in widths}
    page.y = tops["title"]
    _title_and_number(writer, details, starts["title"])
    bottoms = [page.y]
    page.y = tops["seller"]
    print_seller(writer, name, "left", starts["seller"])
    bottoms.append(page.y)
    page.y = tops["details"]
    rng.shuffle(details)
    print_details = writer.headed if writer.chance(0.5) else writer.pairs
    print_details(details, starts["details"], starts["details"] + widths["details"] - 2)
    page.y = max(*bottoms, page.y) + 1
    if writer.chance(0.5):
        print_block(writer, _customer(writer), rng.choice((0, 0, page.columns // 2)))


def _title_and_number(writer: Writer, details: list[Contact], column: int) -> None:
    """The word invoice, mostly with the number behind or below it, which then is none of the details."""
    title = writer.rng.choice(words("invoice_titles", writer.language))
    place = writer.rng.choice(("behind", "below", "labelled", "details"))
    if place == "details":
        writer.line(title, None, "left", column, Role.TITLE)
        return
    number = _take_number(details)
    if place == "behind":
        writer.page.row(Cell(title, None, column), Cell(number, "invoice_number"), role=Role.TITLE)
        return
    writer.line(title, None, "left", column, Role.TITLE)
    if place == "labelled":
        writer.line(writer.label("invoice_number"), None, "left", column, Role.LABEL)
    writer.line(number, "invoice_number", "left", column)


def _take_number(details: list[Contact]) -> str:
    """The invoice's number, which is none of the details any more."""
    number = next(value for key, value in details if key == "invoice_number")
    details[:] = [detail for detail in details if detail[0] != "invoice_number"]
    return number


def print_parties_and_details(writer: Writer, details: list[Contact]) -> None:
    """The customer, perhaps a second address, and the invoice's own data; in any order."""
    rng = writer.rng
    customer = _customer(writer)
    rng.shuffle(details)
    parties_first = writer.chance(0.5)
    if not parties_first:
        writer.pairs(details)
        writer.page.gap(1)
    if writer.chance(0.3):
        print_side_by_side(writer, customer, delivery(writer))
    elif writer.chance(0.85):
        print_block(writer, customer, rng.choice((0, 0, writer.page.columns // 2)))
    if parties_first:
        writer.page.gap(1)
        writer.pairs(details)


def delivery(writer: Writer) -> Party:
    """Where the goods go."""
    address = "delivery_address"
    return writer.label(address), make_address(writer.rng, writer.language), (address, address)


def _customer(writer: Writer) -> Party:
    rng, language = writer.rng, writer.language
    name = make_company(rng, language) if writer.chance(0.6) else make_person(rng, language)
    label = writer.label("buyer_name") + (":" if writer.separator else "")
    return label, [name, *make_address(rng, language)], ("buyer_name", "buyer_address")


def print_block(writer: Writer, party: Party, column: int) -> None:
    """A label with a name and an address below; the first line is one fact, the rest another."""
    label, lines, (first, rest) = party
    if label:
        writer.line(label, None, "left", column, Role.LABEL)
    writer.line(lines[0], first, "left", column)
    writer.lines(lines[1:], rest, "left", column)


def print_side_by_side(writer: Writer, left: Party, right: Party) -> None:
    """Two parties, each in one half of the page."""
    top = writer.page.y
    print_block(writer, left, 0)
    bottom = writer.page.y
    writer.page.y = top
    print_block(writer, right, writer.page.columns // 2 + 4)
    writer.page.y = max(bottom, writer.page.y)
