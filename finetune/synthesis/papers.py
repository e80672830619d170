"""Identity cards, bank statements, letters and plain tables."""

from __future__ import annotations

import datetime
from random import Random

from finetune.synthesis.goods import make_bill
from finetune.synthesis.names import make_address, make_bank, make_city, make_company, make_person
from finetune.synthesis.page import Align, Cell, Draft, Role
from finetune.synthesis.values import make_code, make_date, make_iban
from finetune.synthesis.vocabulary import faker_for, words
from finetune.synthesis.writer import Writer


def id_card(rng: Random, language: str) -> Draft:
    """A card with labels beside or above short values."""
    writer = Writer("id_card", language, rng.randint(36, 60), rng)
    faker = faker_for(rng, language)
    birth = make_date(rng).replace(year=rng.randint(1945, 2005), day=rng.randint(1, 28))
    issued = make_date(rng)
    first, last = make_person(rng, language).split(" ", 1)
    names = (
        [("full_name", f"{first} {last}")]
        if writer.chance(0.35)
        else [("surname", last), ("given_names", first)]
    )
    optional = [
        ("birth_place", make_city(rng, language)),
        ("nationality", rng.choice(words("nationalities"))),
        ("sex", rng.choice("MF")),
        ("issue_date", writer.style.date(issued)),
        ("expiry_date", writer.style.date(issued.replace(day=min(issued.day, 28), year=issued.year + 10))),
        (
            "authority",
            f"{rng.choice(words('authorities'))} {make_city(rng, language)}",
        ),
        ("holder_address", ", ".join(make_address(rng, language))),
        ("personal_number", make_code(rng, rng.choice(words("code_styles", "personal")))),
    ]
    fields = [
        *names,
        ("birth_date", writer.style.date(birth)),
        *rng.sample(optional, rng.randint(2, len(optional))),
    ]
    if writer.chance(0.3):
        rng.shuffle(fields)
    fields.insert(
        rng.choice((0, len(fields))),
        (
            "card_number",
            make_code(rng, rng.choice(words("code_styles", "card"))),
        ),
    )
    if writer.chance(0.6):
        writer.line(faker.current_country().upper(), None, "center")
    title = rng.choice(words("card_titles", language))
    writer.line(title, None, rng.choice(("left", "center")), role=Role.TITLE)
    _fields(writer, [(key, value.upper() if writer.upper else value) for key, value in fields])
    return writer.finish()


def _fields(writer: Writer, fields: list[tuple[str, str]]) -> None:
    """Labels above their values (perhaps two pairs side by side), or before them."""
    if writer.chance(0.5):
        writer.pairs(fields)
        return
    half = writer.page.columns // 2 + 2
    pending = list(fields)
    while pending:
        row = [pending.pop(0)]
        if pending and writer.chance(0.4) and all(len(value) < half - 3 for _, value in (row[0], pending[0])):
            row.append(pending.pop(0))
        labels = (Cell(writer.label(key), None, place * half) for place, (key, _) in enumerate(row))
        writer.page.row(*labels, role=Role.LABEL)
        writer.page.row(*(Cell(value, key, place * half) for place, (key, value) in enumerate(row)))


def statement(rng: Random, language: str) -> Draft:
    """A bank statement with movements and a running balance."""
    writer = Writer("statement", language, rng.randint(70, 92), rng)
    start = make_date(rng)
    end = start + datetime.timedelta(days=rng.choice((27, 29, 30, 89)))
    writer.line(make_bank(rng, language), "bank_name", rng.choice(("left", "center")))
    title = rng.choice(words("statement_titles", language))
    writer.line(title, None, rng.choice(("left", "right", "center")), role=Role.TITLE)
    writer.page.gap(1)
    if writer.chance(0.5):
        writer.line(make_person(rng, language), "account_holder")
        writer.lines(make_address(rng, language), "holder_address")
        writer.page.gap(1)
        details = []
    else:
        details = [("account_holder", make_person(rng, language))]
    details.append(("account_number", make_code(rng, rng.choice(words("code_styles", "account")))))
    if writer.chance(0.5):
        details.append(("iban", make_iban(rng, language)))
    if writer.chance(0.3):
        details.append(("bic", make_code(rng, "@@@@@@##")))
    if writer.chance(0.4):
        details.append(("date", writer.style.date(end + datetime.timedelta(days=1))))
    rng.shuffle(details)
    writer.pairs(details)
    _period(writer, start, end)
    _movements(writer, start, rng.randint(2, 6))
    return writer.finish()


def _period(writer: Writer, start: datetime.date, end: datetime.date) -> None:
    first = writer.label("period_start") + (":" if writer.separator else "")
    writer.page.row(
        Cell(first, None, 0),
        Cell(writer.style.date(start), "period_start"),
        Cell(writer.label("period_end").lower()),
        Cell(writer.style.date(end), "period_end"),
    )


def _movements(writer: Writer, start: datetime.date, count: int) -> None:
    """Booked amounts, signed in one column or parted into money out and money in."""
    rng, right = writer.rng, writer.page.columns
    balance = rng.randint(5000, 900000)
    labels_in_table = writer.chance(0.6)
    if not labels_in_table:
        writer.amount_row("opening_balance", balance, right)
    writer.page.gap(1)
    parted, has_balance = writer.chance(0.5), writer.chance(0.6)
    last = right - 14 if has_balance else right
    first = last - 13 if parted else last
    columns = {"withdrawal": first, "deposit": last} if parted else {"amount": last}
    if has_balance:
        columns["balance"] = right
    header = [Cell(writer.label("entry_date", "transactions.entry_date"), None, 0)]
    header.append(Cell(writer.label("description", "transactions.description"), None, 14))
    header += [
        Cell(writer.label(key, f"transactions.{key}"), None, column, "right")
        for key, column in columns.items()
    ]
    writer.page.row(*header, role=Role.HEADER)
    if labels_in_table:
        writer.amount_row("opening_balance", balance, right, 14)
    day = start
    for number in range(count):
        day += datetime.timedelta(days=rng.randint(0, 6))
        amount = rng.choice((-1, -1, -1, 1)) * rng.randint(200, 90000)
        balance += amount
        direction = "deposit" if amount > 0 else "withdrawal"
        shown = writer.style.amount(abs(amount) if parted else amount)
        fact = f"transactions.{number}."
        text = f"{rng.choice(words('movements'))} {make_company(rng, writer.language)}"[: first - 28].strip()
        row = [
            Cell(writer.style.date(day), fact + "entry_date", 0),
            Cell(text, fact + "description", 14),
            Cell(shown, fact + direction, columns[direction] if parted else last, "right"),
        ]
        if has_balance:
            row.append(Cell(writer.style.amount(balance), fact + "balance", right, "right"))
        writer.page.row(*row)
    writer.amount_row("closing_balance", balance, right, 14 if labels_in_table else 0)


def letter(rng: Random, language: str) -> Draft:
    """A letter: two addresses, a date, a subject, some text, a signature."""
    writer = Writer("letter", language, rng.randint(64, 80), rng)
    sender = make_person(rng, language) if writer.chance(0.4) else make_company(rng, language)
    align: Align = rng.choice(("left", "left", "right"))
    writer.line(sender, "sender_name", align)
    writer.lines(make_address(rng, language), None, align)
    writer.page.gap(1)
    writer.line(make_person(rng, language), "recipient_name")
    writer.lines(make_address(rng, language), None)
    writer.page.gap(1)
    date = writer.style.date(make_date(rng))
    if writer.chance(0.5):
        writer.pair("date", date)
    else:
        place = make_city(rng, language)
        writer.page.row(
            Cell(f"{place},", None, writer.page.columns - len(place) - len(date) - 2), Cell(date, "date")
        )
    if writer.chance(0.5):
        writer.pair("reference", make_code(rng))
    if writer.chance(0.75):
        writer.pair("subject", writer.sentence(4).rstrip("."))
    writer.page.gap(1)
    writer.line(words("greetings", language)[0])
    for _ in range(rng.randint(2, 5)):
        writer.line(writer.sentence(9))
    writer.line(words("closings", language)[0])
    if writer.chance(0.5):
        writer.line(make_person(rng, language))
    return writer.finish()


def table(rng: Random, language: str) -> Draft:
    """A table of figures; each cell is a fact ``cells.row.column``, the headers are its labels."""
    writer = Writer("table", language, 80, rng)
    if writer.chance(0.7):
        writer.line(rng.choice(words("table_titles")), None, rng.choice(("left", "center")), role=Role.TITLE)
    headers = rng.sample(words("table_columns"), rng.randint(2, 4))
    things = [item.description for item in make_bill(rng, language, 6, dear=False).items]
    names = (
        things
        if writer.chance(0.5)
        else list({make_city(rng, language): None for _ in range(rng.randint(3, 6))})
    )
    style = rng.choice(("money", "count", "percent"))
    heads = (Cell(header, None, 36 + 13 * place, "right") for place, header in enumerate(headers))
    writer.page.row(*heads, role=Role.HEADER)
    for row, name in enumerate(names):
        cells = [Cell(name, f"cells.{row}.name", 0)]
        for place, header in enumerate(headers):
            writer.labels[f"cells.{place}"] = header
            cells.append(Cell(_figure(writer, style), f"cells.{row}.{place}", 36 + 13 * place, "right"))
        writer.page.row(*cells)
    return writer.finish()


def _figure(writer: Writer, style: str) -> str:
    rng = writer.rng
    if style == "money":
        return writer.style.amount(rng.randint(100, 9999999))
    return str(rng.randint(1, 9999)) if style == "count" else f"{rng.randint(0, 99)}.{rng.randint(0, 9)}%"
