"""Identity cards, bank statements, forms, letters and plain tables."""

from __future__ import annotations

import datetime
from random import Random

from finetune.synthesis.bills import make_bank
from finetune.synthesis.goods import make_bill
from finetune.synthesis.page import Align, Cell, Draft
from finetune.synthesis.values import make_address, make_code, make_company, make_date, make_iban, make_person, make_phone
from finetune.synthesis.vocabulary import faker_for
from finetune.synthesis.writer import Writer

_CARD_TITLES = {
    "en": "IDENTITY CARD|DRIVING LICENCE|RESIDENCE PERMIT|EMPLOYEE CARD|STUDENT CARD|PASSPORT", "fr": "CARTE NATIONALE D'IDENTITÉ|PERMIS DE CONDUIRE",
    "de": "PERSONALAUSWEIS|FÜHRERSCHEIN|AUFENTHALTSTITEL", "es": "DOCUMENTO NACIONAL DE IDENTIDAD|PERMISO DE CONDUCCIÓN", "it": "CARTA D'IDENTITÀ|PATENTE DI GUIDA",
    "nl": "IDENTITEITSKAART|RIJBEWIJS", "pt": "CARTÃO DE CIDADÃO|CARTA DE CONDUÇÃO", "pl": "DOWÓD OSOBISTY|PRAWO JAZDY",
}  # fmt: skip
_STATEMENT_TITLES = {
    "en": "Account Statement|BANK STATEMENT|Statement of Account", "fr": "Relevé de compte|RELEVÉ BANCAIRE", "de": "Kontoauszug", "es": "Extracto de cuenta",
    "it": "Estratto conto", "nl": "Rekeningafschrift", "pt": "Extrato de conta", "pl": "Wyciąg z rachunku",
}  # fmt: skip
_NATIONALITIES = "BRITISH|Malaysian|SINGAPORE CITIZEN|FRA|DEUTSCH|ESP|ITALIANA|NLD|Portuguesa|POLSKIE|USA|Irish|CANADIAN|IND"
_MOVEMENTS = "CARD PAYMENT|TRANSFER|SALARY|DIRECT DEBIT|ATM WITHDRAWAL|STANDING ORDER|INTEREST|FEE|REFUND|CHEQUE"
_FORM_LABELS = {
    "company": "COMPANY|Name of company|Manufacturer|Account name|FIRM|Employer",
    "person": "NAME|Contact|Submitted by|Approved by|Requested by|TO|FROM|CC|Attention|Manager|Applicant|Supervisor",
    "date": "DATE|Date received|Start date|Completion date|DATE OF REQUEST|Effective date|Deadline",
    "phone": "TELEPHONE|PHONE NO.|Fax|FAX NUMBER|Mobile|Telephone Number",
    "code": "CASE NO.|Project No|File #|SAMPLE NO|Account #|Req. No|CODE|Serial No|Policy number|Permit No",
    "amount": "AMOUNT|Estimated cost|Budget|Total Cost|Fee|Proposed budget",
    "place": "CITY|Location|REGION|Market|Division|District|DEPARTMENT|Plant|Territory",
    "text": "SUBJECT|RE|Purpose|Title|Remarks|Product|BRAND|Description|Comments|Type of work|Reason|Objective",
    "number": "NUMBER OF PAGES|Quantity|Pages including cover|No. of stores|Units|Age|Copies|Weeks",
}
_FORM_TITLES = "REQUEST FORM|Application Form|FAX TRANSMITTAL|PROJECT PROPOSAL|MEMORANDUM|Registration Form|CHANGE NOTICE|SAMPLE REPORT|Order Form|Work Request|CLAIM FORM"
_GREETINGS = {
    "en": ("Dear Sir or Madam,", "Yours sincerely,"), "fr": ("Madame, Monsieur,", "Cordialement,"), "de": ("Sehr geehrte Damen und Herren,", "Mit freundlichen Grüßen"),
    "es": ("Estimados señores:", "Atentamente,"), "it": ("Egregi Signori,", "Cordiali saluti"), "nl": ("Geachte heer/mevrouw,", "Met vriendelijke groet,"),
    "pt": ("Exmos. Senhores,", "Com os melhores cumprimentos,"), "pl": ("Szanowni Państwo,", "Z poważaniem,"),
}  # fmt: skip
_TABLE_TITLES = "Sales by region|Quarterly results|Staff list|Measurements|Price list|Inventory|Survey results|Train times|Output per plant"
_TABLE_COLUMNS = "2019|2020|2021|Q1|Q2|Q3|Q4|Price|Stock|Weight|Share|Change|Units|Score|Age|Speed|Cost|Target"


def id_card(rng: Random, language: str) -> Draft:
    """A card with labels beside or above short values."""
    writer = Writer("id_card", language, rng.randint(36, 60), rng)
    faker = faker_for(rng, language)
    birth = make_date(rng).replace(year=rng.randint(1945, 2005), day=rng.randint(1, 28))
    issued = make_date(rng)
    first, last = make_person(rng, language).split(" ", 1)
    names = [("full_name", f"{first} {last}")] if writer.chance(0.35) else [("surname", last), ("given_names", first)]
    optional = [
        ("birth_place", faker.city()),
        ("nationality", rng.choice(_NATIONALITIES.split("|"))),
        ("sex", rng.choice("MF")),
        ("issue_date", writer.style.date(issued)),
        ("expiry_date", writer.style.date(issued.replace(day=min(issued.day, 28), year=issued.year + 10))),
        ("authority", f"{rng.choice(('City of', 'Ministry', 'DVLA', 'Prefecture', 'Rathaus', 'Police'))} {faker.city()}"),
        ("holder_address", ", ".join(make_address(rng, language))),
        ("personal_number", make_code(rng, rng.choice(("###########", "######-####", "######-##-####")))),
    ]
    fields = [*names, ("birth_date", writer.style.date(birth)), *rng.sample(optional, rng.randint(2, len(optional)))]
    if writer.chance(0.3):
        rng.shuffle(fields)
    fields.insert(rng.choice((0, len(fields))), ("card_number", make_code(rng, rng.choice(("@########", "@@#######", "######-##-####", "#########", "@####@@##")))))
    if writer.chance(0.6):
        writer.line(faker.current_country().upper(), None, "center")
    writer.line(rng.choice(_CARD_TITLES[language].split("|")), None, rng.choice(("left", "center")))
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
        writer.page.row(*(Cell(writer.label(key), None, place * half) for place, (key, _) in enumerate(row)))
        writer.page.row(*(Cell(value, key, place * half) for place, (key, value) in enumerate(row)))


def statement(rng: Random, language: str) -> Draft:
    """A bank statement with movements and a running balance."""
    writer = Writer("statement", language, rng.randint(70, 92), rng)
    start = make_date(rng)
    end = start + datetime.timedelta(days=rng.choice((27, 29, 30, 89)))
    writer.line(make_bank(rng, language), "bank_name", rng.choice(("left", "center")))
    writer.line(rng.choice(_STATEMENT_TITLES[language].split("|")), None, rng.choice(("left", "right", "center")))
    writer.page.gap(1)
    if writer.chance(0.5):
        writer.line(make_person(rng, language), "account_holder")
        writer.lines(make_address(rng, language), "holder_address")
        writer.page.gap(1)
        details = []
    else:
        details = [("account_holder", make_person(rng, language))]
    details.append(("account_number", make_code(rng, rng.choice(("##########", "########", "###-#####-#")))))
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
    header += [Cell(writer.label(key, f"transactions.{key}"), None, column, "right") for key, column in columns.items()]
    writer.page.row(*header)
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
        text = f"{rng.choice(_MOVEMENTS.split('|'))} {make_company(rng, writer.language)}"[: first - 28].strip()
        row = [
            Cell(writer.style.date(day), fact + "entry_date", 0),
            Cell(text, fact + "description", 14),
            Cell(shown, fact + direction, columns[direction] if parted else last, "right"),
        ]
        if has_balance:
            row.append(Cell(writer.style.amount(balance), fact + "balance", right, "right"))
        writer.page.row(*row)
    writer.amount_row("closing_balance", balance, right, 14 if labels_in_table else 0)


def form(rng: Random, language: str) -> Draft:
    """A form with labels of all sorts; each pair is one row of the list ``entries``."""
    writer = Writer("form", language, rng.randint(56, 84), rng)
    if writer.chance(0.5):
        writer.line(make_company(rng, language), None, rng.choice(("left", "center")))
    writer.line(rng.choice(_FORM_TITLES.split("|")), None, rng.choice(("left", "center")))
    if writer.chance(0.6):
        writer.page.gap(1)
    labels = _form_labels(rng, rng.randint(3, 9))
    half = writer.page.columns // 2 + 2
    separator = rng.choice((":", ":", ":", "", " :"))
    number = 0
    above = writer.chance(0.15)
    while number < len(labels):
        pair = 2 if not above and number + 1 < len(labels) and writer.chance(0.3) else 1
        cells: list[Cell] = []
        for place in range(pair):
            kind, label = labels[number + place]
            fact = f"entries.{number + place}"
            value = "" if writer.chance(0.12) else _form_value(writer, kind)[: half - 2 if pair == 2 else 60].strip()
            cells.append(Cell(f"{label}{separator}", f"{fact}.label", place * half))
            if above:
                writer.page.row(*cells)
                cells = [Cell(value, f"{fact}.value", 0)]
            else:
                cells.append(Cell(value, f"{fact}.value", rng.choice((None, None, place * half + 18)) if pair == 1 else None))
        writer.page.row(*cells)
        number += pair
        if writer.chance(0.15):
            writer.page.gap(1)
    if writer.chance(0.3):
        writer.line(writer.sentence(10))
    return writer.finish()


def _form_labels(rng: Random, count: int) -> list[tuple[str, str]]:
    known = [(kind, label) for kind, labels in _FORM_LABELS.items() for label in labels.split("|")]
    return rng.sample(known, count)


def _form_value(writer: Writer, kind: str) -> str:
    rng, language = writer.rng, writer.language
    makers = {
        "company": lambda: make_company(rng, language),
        "person": lambda: make_person(rng, language),
        "date": lambda: writer.style.date(make_date(rng)),
        "phone": lambda: make_phone(rng, language),
        "code": lambda: make_code(rng),
        "amount": lambda: f"${writer.style.amount(rng.randint(100, 9000000))}",
        "place": lambda: faker_for(rng, language).city(),
        "text": lambda: writer.sentence(rng.randint(2, 7)).rstrip("."),
        "number": lambda: str(rng.randint(1, 400)),
    }
    return makers[kind]()


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
        place = faker_for(rng, language).city()
        writer.page.row(Cell(f"{place},", None, writer.page.columns - len(place) - len(date) - 2), Cell(date, "date"))
    if writer.chance(0.5):
        writer.pair("reference", make_code(rng))
    if writer.chance(0.75):
        writer.pair("subject", writer.sentence(4).rstrip("."))
    writer.page.gap(1)
    greeting, closing = _GREETINGS[language]
    writer.line(greeting)
    for _ in range(rng.randint(2, 5)):
        writer.line(writer.sentence(9))
    writer.line(closing)
    if writer.chance(0.5):
        writer.line(make_person(rng, language))
    return writer.finish()


def table(rng: Random, language: str) -> Draft:
    """A table of figures; each cell is a fact ``cells.row.column``, the headers are its labels."""
    writer = Writer("table", language, 80, rng)
    if writer.chance(0.7):
        writer.line(rng.choice(_TABLE_TITLES.split("|")), None, rng.choice(("left", "center")))
    headers = rng.sample(_TABLE_COLUMNS.split("|"), rng.randint(2, 4))
    things = [item.description for item in make_bill(rng, language, 6, dear=False).items]
    names = things if writer.chance(0.5) else list({faker_for(rng, language).city(): None for _ in range(rng.randint(3, 6))})
    style = rng.choice(("money", "count", "percent"))
    writer.page.row(*(Cell(header, None, 36 + 13 * place, "right") for place, header in enumerate(headers)))
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
