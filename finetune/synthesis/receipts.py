"""Till receipts."""

from __future__ import annotations

from random import Random

from finetune.synthesis.contacts import print_contacts
from finetune.synthesis.goods import Bill, make_bill
from finetune.synthesis.names import (
    make_address,
    make_company,
    make_domain,
    make_firm,
    make_person,
    make_sign,
)
from finetune.synthesis.page import Align, Cell, Draft, Role
from finetune.synthesis.values import (
    make_code,
    make_date,
    make_phone,
    make_registration,
    make_tax_id,
    make_time,
)
from finetune.synthesis.vocabulary import fact_kinds, words
from finetune.synthesis.writer import Writer


def receipt(rng: Random, language: str) -> Draft:
    """A till receipt: shop, what was bought, what was paid."""
    writer = Writer("receipt", language, rng.randint(34, 50), rng)
    align: Align = rng.choice(("center", "center", "left"))
    bill = make_bill(rng, language, 9 if rng.random() < 0.75 else 18, dear=False)
    shop_last = writer.chance(0.06)
    if not shop_last:
        _shop(writer, align)
    if writer.chance(0.5):
        writer.line(rng.choice(words("receipt_titles", language)), None, align, role=Role.TITLE)
    details_last = writer.chance(0.2)
    if not details_last:
        _details(writer)
    if writer.chance(0.85):
        _items(writer, bill)
    _sums(writer, bill)
    if details_last:
        _details(writer)
    for thanks in rng.sample(words("thanks", language), rng.randint(0, 1 if language != "en" else 3)):
        writer.line(thanks, None, align)
    if writer.chance(0.1):
        writer.pair("printed_date", writer.style.date(make_date(rng)))
    if shop_last:
        _shop(writer, align)
    if writer.chance(0.4):
        _small_print(writer)
    return writer.finish()


def _small_print(writer: Writer) -> None:
    """Adverts, rules and codes below a receipt; nothing in them is asked for."""
    rng = writer.rng
    for _ in range(rng.randint(1, 5)):
        texts = (
            *words("small_print"),
            writer.sentence(6),
            f"{make_code(rng, '####')} {make_code(rng, '######')} {make_code(rng, '####')}",
            f"www.{make_domain(make_company(rng, 'en'))}",
            f"WIN {writer.style.currency}{rng.choice((50, 100, 500, 1000))} AT www.{make_domain('survey')}",
        )
        writer.line(rng.choice(texts), None, rng.choice(("left", "center")))


def _shop(writer: Writer, align: Align) -> None:
    """The head of a receipt; a logo, a slogan or a person's name may stand above the shop's own."""
    rng, language = writer.rng, writer.language
    signed = language == "en" and writer.chance(0.12)
    name = make_firm(rng) if signed else make_company(rng, language)
    name = name.upper() if writer.chance(0.65) else name
    if signed:
        # The sign above the firm that gives the receipt.
        writer.line(writer.cased(make_sign(rng)), None, align)
    for _ in range(rng.choices((0, 1, 2), (65, 28, 7))[0]):
        person = make_person(rng, "en")
        logo = make_code(rng, rng.choice(("@", "@@", "@ @", "@#####")))
        welcome = rng.choice(words("welcomes"))
        above = (person.lower(), person.upper(), logo, logo, name.split()[0], writer.sentence(3), welcome)
        writer.line(rng.choice(above), None, align)
    _shop_name(writer, name, align)
    if writer.chance(0.15):
        writer.line(writer.sentence(3), None, align)
    _address_and_contacts(writer, name, align)
    if writer.chance(0.08):
        # The firm behind the shop: not the name on the sign.
        owner = f"{make_company(rng, 'en')} ({make_registration(rng)})"
        writer.lines((rng.choice(("Owned By :", "Operated by", "Franchisee:")), owner), None, align)
    writer.rule()
    if writer.chance(0.3):
        writer.page.gap(1)


def _address_and_contacts(writer: Writer, name: str, align: Align) -> None:
    """The address and below it, or above it, how to reach the shop."""
    rng, language = writer.rng, writer.language
    contacts = [
        (key, value)
        for key, value, chance in (
            ("seller_phone", make_phone(rng, language), 0.55),
            ("seller_fax", make_phone(rng, language), 0.15),
            ("seller_tax_id", make_tax_id(rng, language), 0.4),
            ("seller_email", f"info@{make_domain(name)}", 0.1),
            ("seller_website", f"www.{make_domain(name)}", 0.08),
        )
        if writer.chance(chance)
    ]
    contacts_first = writer.chance(0.1)
    if contacts_first:
        print_contacts(writer, contacts, align)
    if writer.chance(0.88):
        address = make_address(rng, language)
        if writer.chance(0.06):
            title = writer.cased(rng.choice(words("address_titles"))) + ":"
            writer.page.row(Cell(title, None, 0), Cell(address[0], "seller_address"))
            address = address[1:]
        if (
            address
            and contacts
            and contacts[0][0] == "seller_phone"
            and not contacts_first
            and writer.chance(0.1)
        ):
            # The telephone ends the last row of the address.
            *address, last = address
            writer.lines(address, "seller_address", align)
            writer.page.row(Cell(last, "seller_address", 0), Cell(contacts.pop(0)[1], "seller_phone"))
        else:
            writer.lines(address, "seller_address", align)
    if not contacts_first:
        print_contacts(writer, contacts, align)


def _shop_name(writer: Writer, name: str, align: Align) -> None:
    """The name on one or two lines, with the registration number behind it, below it or nowhere."""
    registration = make_registration(writer.rng)
    place = writer.rng.choices(
        ("nowhere", "behind", "below", "in brackets", "labelled"), (50, 12, 13, 13, 12)
    )[0]
    if place == "behind":
        writer.page.row(Cell(name, "seller_name", 0), Cell(f"({registration})", "seller_registration"))
    else:
        spaces = writer.rng.choice((2, 3)) if writer.chance(0.12) else 1
        for line in _broken(name, writer.rng):
            _set_wide(writer, line, "seller_name", align, spaces)
    if place == "labelled":
        writer.aligned_pair("seller_registration", registration, align)
    elif place in ("below", "in brackets"):
        text = registration if place == "below" else f"({registration})"
        writer.line(text, "seller_registration", align)


def _broken(name: str, rng: Random) -> list[str]:
    """A name on one line, or on two or three, broken after any word."""
    parts = name.split()
    count = min(rng.choices((1, 2, 3), (70, 25, 5))[0], len(parts))
    ends = [*sorted(rng.sample(range(1, len(parts)), count - 1)), len(parts)]
    return [" ".join(parts[start:end]) for start, end in zip([0, *ends], ends, strict=False)]


def _set_wide(writer: Writer, text: str, fact: str, align: Align, spaces: int) -> None:
    """One line whose words stand ``spaces`` apart, as in letters of double width."""
    parts = text.split()
    width = sum(len(part) for part in parts) + spaces * (len(parts) - 1)
    column = max(0, (writer.page.columns - width) // 2) if align == "center" else 0
    cells = []
    for part in parts:
        cells.append(Cell(part, fact, column))
        column += len(part) + spaces
    writer.page.row(*cells)


def _details(writer: Writer) -> None:
    """Date, number and people, in any order; two of them may share a row."""
    rng, language = writer.rng, writer.language
    rows: list[list[Cell]] = []
    if writer.chance(0.95):
        rows.append(_date_and_time(writer))
    for key, value, chance in (
        ("receipt_number", make_code(rng), 0.75),
        ("cashier", make_person(rng, language).split()[0], 0.35),
        ("table_number", str(rng.randint(1, 60)), 0.15),
        ("guest_count", str(rng.randint(1, 12)), 0.1),
        ("customer_number", make_code(rng), 0.1),
        ("contact_person", make_person(rng, language), 0.08),
    ):
        if writer.chance(chance):
            rows.append([Cell(writer.title(key), None, 0), Cell(value, key)])
    rng.shuffle(rows)
    if writer.chance(0.06):
        # Who bought: a firm with an address that is not the shop's.
        buyer = [make_company(rng, language), *make_address(rng, language)]
        place = rng.randint(0, len(rows))
        title = [[Cell(writer.label("buyer_name") + ":", None, 0)]] if writer.chance(0.5) else []
        address = [[Cell(text, "buyer_address", 0)] for text in buyer[1:]]
        rows[place:place] = [*title, [Cell(buyer[0], "buyer_name", 0)], *address]
    elif len(rows) > 1 and writer.chance(0.25):
        first, *others = rows.pop()
        rows[0] += [Cell(first.text, first.fact, writer.page.columns // 2 + 2), *others]
    for row in rows:
        writer.page.row(*row)
    writer.rule()


def _date_and_time(writer: Writer) -> list[Cell]:
    if writer.chance(0.12):
        # A row of the till's own numbers, the date among them.
        till = [Cell(_till_code(writer.rng), None, 0), Cell(_till_code(writer.rng))]
        day = Cell(writer.style.date(make_date(writer.rng)), "date")
        clock = Cell(make_time(writer.rng), "time")
        return [*till, day, clock] if writer.chance(0.6) else [Cell(day.text, "date", 0), clock, *till]
    cells = [Cell(writer.title("date"), None, 0)] if writer.chance(0.65) else []
    cells.append(Cell(writer.style.date(make_date(writer.rng)), "date"))
    if writer.chance(0.6):
        if writer.chance(0.3):
            cells.append(Cell(writer.title("time"), None, writer.page.columns - 16))
        cells.append(Cell(make_time(writer.rng), "time"))
    return cells


def _till_code(rng: Random) -> str:
    return make_code(
        rng, rng.choice(("####", "#####", "REG ##", "#ORD ##", "T##", "-REG ##-", "@##", "##/#", "Tr####"))
    )


def _items(writer: Writer, bill: Bill) -> None:
    """The items: figures below the description, or all in one row with or without the price of one."""
    arrangement = writer.rng.choice(("below", "below", "row", "row", "priced row"))
    right = writer.page.columns
    columns = {"quantity": 0, "description": 5} if writer.chance(0.6) else {"description": 0, "quantity": 22}
    if arrangement == "below":
        columns = {"description": 0, "quantity": 16}
    ends = {"unit_price": right - 9, "amount": right} if arrangement == "priced row" else {"amount": right}
    if writer.chance(0.6):
        cells = [Cell(writer.label(key, f"items.{key}"), None, column) for key, column in columns.items()]
        cells += [Cell(writer.label(key, f"items.{key}"), None, end, "right") for key, end in ends.items()]
        writer.page.row(*cells, role=Role.HEADER)
    codes, times = writer.chance(0.35), writer.rng.choice(("x", "X", "@", "*"))
    for number, item in enumerate(bill.items):
        fact = f"items.{number}."
        if arrangement == "below":
            writer.line(writer.cased(item.description), fact + "description")
            writer.page.row(
                *([Cell(item.code, fact + "code", 0)] if codes else []),
                Cell(str(item.quantity), fact + "quantity", None if codes else 2),
                Cell(times),
                Cell(writer.style.amount(item.unit_price), fact + "unit_price"),
                Cell(writer.style.amount(item.amount), fact + "amount", right, "right"),
            )
            continue
        text = {"quantity": str(item.quantity), "description": writer.cased(item.description)[:16].strip()}
        money = {"unit_price": item.unit_price, "amount": item.amount}
        cells = [Cell(text[key], fact + key, column) for key, column in columns.items()]
        cells += [
            Cell(writer.style.amount(money[key]), fact + key, end, "right") for key, end in ends.items()
        ]
        writer.page.row(*cells)
    writer.rule()


def _sums(writer: Writer, bill: Bill) -> None:
    """Subtotal, tax, rounding and total, then how it was paid."""
    rng, right = writer.rng, writer.page.columns
    taxed = bill.tax_percent > 0 and writer.chance(0.55)
    total = bill.total if taxed else bill.net
    if writer.chance(0.15):
        writer.pair("item_count", str(sum(item.quantity for item in bill.items)), 0, right, "right")
    if taxed or writer.chance(0.3):
        writer.amount_row("subtotal", bill.subtotal, right)
    if bill.discount:
        writer.amount_row("discount", bill.discount, right)
    tax_below = taxed and writer.chance(0.15)
    if taxed and not tax_below:
        writer.amount_row("tax", bill.tax, right)
    elif not taxed and writer.chance(0.1):
        writer.amount_row("tax", 0, right)
    elif tax_below and writer.chance(0.3):
        _supplies(writer, total)
    if writer.chance(0.1):
        service = total // 10
        writer.amount_row("service_charge", service, right)
        total += service
    if writer.chance(0.06):
        tip = rng.randint(100, 900)
        writer.amount_row("tip", tip, right)
        total += tip
    rounded = round(total / 5) * 5 if writer.chance(0.3) else total
    if rounded != total or writer.chance(0.1):
        if writer.language == "en" and writer.chance(0.5):
            before = writer.cased(rng.choice(words("before_rounding"))) + writer.separator
            writer.page.row(Cell(before, None, 0), *writer.money(total, None, right))
        writer.amount_row("rounding", rounded - total, right)
    writer.amount_row("total", rounded, right)
    if tax_below:
        net = rng.choice(words("net_below", writer.language))
        writer.page.row(
            Cell(writer.cased(net) + writer.separator, None, 0), *writer.money(bill.net, None, right)
        )
        writer.amount_row("tax", bill.tax, right)
    if writer.chance(0.06):
        # Left for the guest to fill in.
        for key in ("tip", "total"):
            writer.line(f"{fact_kinds()[key].labels['en'][0]}: {'_' * rng.randint(6, 14)}")
    _payment(writer, rounded)
    if writer.chance(0.12):
        for share in rng.sample((10, 15, 18, 20, 22, 25), rng.randint(1, 3)):
            suggested = writer.style.amount(total * share // 100)
            writer.page.row(
                Cell(f"{share}% {rng.choice(('Tip', 'tip =', 'gratuity', ''))}", None, 0), Cell(suggested)
            )
    if taxed and writer.chance(0.3):
        if writer.chance(0.6):
            heads = (Cell("Amount", None, right - 10, "right"), Cell("Tax", None, right, "right"))
            writer.page.row(Cell(rng.choice(("GST Summary", "Tax Summary", "VAT"))), *heads)
        kind = f"{rng.choice(('STD', 'A', 'S', 'GST'))} {bill.tax_percent}%"
        summary = (Cell(writer.style.amount(bill.net), None, right - 10, "right"),)
        writer.page.row(
            Cell(kind, None, 0), *summary, Cell(writer.style.amount(bill.tax), None, right, "right")
        )


def _supplies(writer: Writer, total: int) -> None:
    """The total parted by rates of tax."""
    part = writer.rng.randrange(total + 1)
    name = writer.cased(writer.rng.choice(("Total", "Total supplies", "Sales", "Net")))
    for rate, amount in ((0, part), (6, total - part)):
        label = Cell(f"{name} {rate}%{writer.separator}", None, 0)
        writer.page.row(label, *writer.money(amount, None, writer.page.columns))


def _payment(writer: Writer, total: int) -> None:
    right = writer.page.columns
    if writer.chance(0.55):
        given = total if writer.chance(0.3) else -(-total // 1000) * 1000
        writer.amount_row("cash", given, right)
        if given > total or writer.chance(0.6):
            writer.amount_row("change", given - total, right)
    elif writer.chance(0.5):
        writer.pair("payment_method", writer.rng.choice(words("payment_methods", writer.language)))
    elif writer.chance(0.6):
        _card_slip(writer, total)


def _card_slip(writer: Writer, total: int) -> None:
    """What a card terminal prints; the amount paid stands there again."""
    rng, right = writer.rng, writer.page.columns
    method = Cell(rng.choice(("VISA", "MASTERCARD", "AMEX", "DEBIT", "Visa Credit")), "payment_method")
    card = Cell(rng.choice(("****", "XXXXXXXXXXXX", "############")) + make_code(rng, "####"))
    writer.page.row(method, card, *writer.money(total, None, right))
    slip = (
        f"Approved {make_code(rng, '######')}",
        f"AUTH CODE: {make_code(rng, '#####@')}",
        f"TERM: {make_code(rng, '#### ###')}",
        f"AID: A0000000{make_code(rng, '######')}",
        f"TVR {make_code(rng, '##########')}",
        f"SEQ NO: {make_code(rng, '########')}",
        "NO SIGNATURE REQUIRED",
        "Entry Method: Chip",
    )
    for line in rng.sample(slip, rng.randint(1, 4)):
        writer.line(line)
