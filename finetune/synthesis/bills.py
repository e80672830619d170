"""Receipts, invoices and purchase orders."""

from __future__ import annotations

import datetime
from random import Random

from finetune.synthesis.goods import Bill, make_bill
from finetune.synthesis.page import Align, Cell, Draft
from finetune.synthesis.values import (
    make_address,
    make_code,
    make_company,
    make_date,
    make_iban,
    make_person,
    make_phone,
    make_registration,
    make_tax_id,
    make_time,
)
from finetune.synthesis.writer import Writer

_RECEIPT_TITLES = ("TAX INVOICE", "CASH BILL", "RECEIPT", "*** RECEIPT ***", "INVOICE", "CASH RECEIPT", "OFFICIAL RECEIPT",
                   "-INVOICE-", "SIMPLIFIED TAX INVOICE", "SALES RECEIPT")  # fmt: skip
_TITLES = {
    "invoice": {"en": "Invoice|INVOICE|Tax Invoice|TAX INVOICE|Commercial Invoice", "fr": "Facture|FACTURE", "de": "Rechnung|RECHNUNG",
                "es": "Factura|FACTURA", "it": "Fattura|FATTURA", "nl": "Factuur|FACTUUR", "pt": "Fatura|FATURA", "pl": "Faktura VAT|FAKTURA"},
    "order": {"en": "Purchase Order|PURCHASE ORDER|Order Confirmation", "fr": "Bon de commande|COMMANDE", "de": "Bestellung|Auftragsbestätigung",
              "es": "Pedido|ORDEN DE COMPRA", "it": "Ordine d'acquisto|ORDINE", "nl": "Bestelling|Inkooporder", "pt": "Nota de encomenda|Pedido", "pl": "Zamówienie"},
    "receipt": {"fr": "Ticket de caisse|TICKET", "de": "Kassenbon|Quittung|RECHNUNG", "es": "Factura simplificada|TICKET", "it": "Scontrino|DOCUMENTO COMMERCIALE",
                "nl": "Kassabon|BON", "pt": "Talão|FATURA SIMPLIFICADA", "pl": "PARAGON FISKALNY"},
}  # fmt: skip
_THANKS = {
    "en": "THANK YOU|PLEASE COME AGAIN|Goods sold are not returnable|Thank you for shopping with us|Have a nice day!|Customer copy|www.thank-you.com",
    "fr": "Merci de votre visite|À bientôt", "de": "Vielen Dank für Ihren Einkauf|Auf Wiedersehen", "es": "Gracias por su visita",
    "it": "Grazie e arrivederci", "nl": "Bedankt voor uw bezoek|Tot ziens", "pt": "Obrigado pela sua visita", "pl": "Dziękujemy|Zapraszamy ponownie",
}  # fmt: skip
_TERMS = {
    "en": "30 days net|Net 30|C.O.D.|Cash|14 days|Net 60 days", "fr": "30 jours fin de mois|À réception|45 jours", "de": "30 Tage netto|14 Tage 2 % Skonto|sofort",
    "es": "30 días|Al contado|60 días", "it": "30 gg data fattura|Bonifico 60 gg", "nl": "30 dagen|14 dagen", "pt": "30 dias|Pronto pagamento", "pl": "14 dni|przelew 30 dni",
}  # fmt: skip
_METHODS = {
    "en": "CASH|VISA|MASTERCARD|Credit Card|DEBIT CARD|Bank transfer", "fr": "Carte bancaire|Virement|Espèces", "de": "EC-Karte|Überweisung|Bar",
    "es": "Tarjeta|Transferencia|Efectivo", "it": "Contanti|Bonifico|Carta di credito", "nl": "PIN|Overschrijving", "pt": "Multibanco|Numerário", "pl": "Karta|Przelew|Gotówka",
}  # fmt: skip


def receipt(rng: Random, language: str) -> Draft:
    """A till receipt: shop, what was bought, what was paid, often everything twice."""
    writer = Writer("receipt", language, rng.randint(34, 50), rng)
    align: Align = rng.choice(("center", "center", "left"))
    bill = make_bill(rng, language, 5 if rng.random() < 0.8 else 12, dear=False)
    _shop(writer, align)
    if writer.chance(0.5):
        titles = _RECEIPT_TITLES if language == "en" else _TITLES["receipt"][language].split("|")
        writer.line(rng.choice(titles), None, align)
    _receipt_details(writer)
    if writer.chance(0.85):
        _items(writer, bill, two_rows=writer.chance(0.4))
    _receipt_sums(writer, bill)
    for thanks in rng.sample(_THANKS[language].split("|"), rng.randint(0, 1 if language != "en" else 3)):
        writer.line(thanks, None, align)
    if writer.chance(0.1):
        writer.pair("printed_date", writer.style.date(make_date(rng)))
    return writer.finish()


def _shop(writer: Writer, align: Align) -> None:
    """The head of a receipt; a logo, a slogan or a person's name may stand above the shop's own."""
    rng, language = writer.rng, writer.language
    name = make_company(rng, language)
    name = name.upper() if writer.chance(0.65) else name
    if writer.chance(0.3):
        above = (make_person(rng, "en").lower(), make_code(rng, "@@@"), name.split()[0], make_person(rng, "en").upper(), writer.sentence(3))
        writer.line(rng.choice(above), None, align)
    registration = make_registration(rng)
    words = name.split()
    if len(words) > 2 and writer.chance(0.2):
        writer.lines((" ".join(words[:2]), " ".join(words[2:])), "seller_name", align)
    elif writer.chance(0.12):
        column = writer.page.columns // 2 - (len(name) + len(registration) + 3) // 2 if align == "center" else 0
        writer.page.row(Cell(name, "seller_name", max(0, column)), Cell(f"({registration})", "seller_registration"))
    else:
        writer.line(name, "seller_name", align)
    if writer.chance(0.35):
        style = rng.choice(("bare", "brackets", "label"))
        if style == "label":
            _aligned_pair(writer, "seller_registration", registration, align)
        else:
            writer.line(registration if style == "bare" else f"({registration})", "seller_registration", align)
    if writer.chance(0.15):
        writer.line(writer.sentence(3), None, align)
    if writer.chance(0.88):
        writer.lines(make_address(rng, language), "seller_address", align)
    for key, value, chance in (
        ("seller_phone", make_phone(rng, language), 0.5),
        ("seller_fax", make_phone(rng, language), 0.15),
        ("seller_tax_id", make_tax_id(rng, language), 0.4),
        ("seller_email", _email(name), 0.1),
        ("seller_website", _website(name), 0.08),
    ):
        if writer.chance(chance):
            _aligned_pair(writer, key, value, align)
    writer.rule()
    if writer.chance(0.3):
        writer.page.gap(1)


def _aligned_pair(writer: Writer, key: str, value: str, align: Align) -> None:
    title = writer.title(key)
    start = max(0, (writer.page.columns - len(title) - len(value) - 1) // 2) if align == "center" else 0
    writer.page.row(Cell(title, None, start), Cell(value, key))


def _receipt_details(writer: Writer) -> None:
    rng, language = writer.rng, writer.language
    date, time = writer.style.date(make_date(rng)), make_time(rng)
    rows: list[list[Cell]] = []
    if writer.chance(0.95):
        title = [Cell(writer.title("date"), None, 0)] if writer.chance(0.7) else []
        cells = [*title, Cell(date, "date")]
        if writer.chance(0.6):
            cells.append(Cell(writer.title("time"), None, writer.page.columns - 16) if writer.chance(0.3) else Cell(""))
            cells.append(Cell(time, "time"))
        rows.append(cells)
    for key, value, chance in (
        ("receipt_number", make_code(rng), 0.75),
        ("cashier", make_person(rng, language).split()[0], 0.35),
        ("table_number", str(rng.randint(1, 60)), 0.12),
        ("customer_number", make_code(rng), 0.1),
        ("contact_person", make_person(rng, language), 0.08),
    ):
        if writer.chance(chance):
            rows.append([Cell(writer.title(key), None, 0), Cell(value, key)])
    rng.shuffle(rows)
    if len(rows) > 1 and writer.chance(0.25):
        second = rows.pop()
        rows[0] = [*rows[0], Cell(second[0].text, second[0].fact, writer.page.columns // 2 + 2), *second[1:]]
    for row in rows:
        writer.page.row(*row)
    writer.rule()


def _items(writer: Writer, bill: Bill, two_rows: bool) -> None:
    """The items of a receipt, in one row each or with the figures below the description."""
    rng, right = writer.rng, writer.page.columns
    if writer.chance(0.6):
        description, quantity, amount = (writer.label(key, f"items.{key}") for key in ("description", "quantity", "amount"))
        first = [Cell(quantity, None, 0), Cell(description, None, 5)] if not two_rows else [Cell(description, None, 0), Cell(quantity)]
        writer.page.row(*first, Cell(amount, None, right, "right"))
    codes = writer.chance(0.35)
    times = rng.choice(("x", "X", "@", "*"))
    for number, item in enumerate(bill.items):
        fact = f"items.{number}."
        text = writer.cased(item.description)
        amount = Cell(writer.style.amount(item.amount), fact + "amount", right, "right")
        if two_rows:
            writer.line(text, fact + "description")
            code = [Cell(item.code, fact + "code", 0)] if codes else [Cell("", None, 2)]
            price = Cell(writer.style.amount(item.unit_price), fact + "unit_price")
            writer.page.row(*code, Cell(str(item.quantity), fact + "quantity"), Cell(times), price, amount)
        else:
            writer.page.row(Cell(str(item.quantity), fact + "quantity", 0), Cell(text[: right - 16].strip(), fact + "description", 5), amount)
    writer.rule()


def _receipt_sums(writer: Writer, bill: Bill) -> None:
    rng, right = writer.rng, writer.page.columns
    tax_shown = bill.tax_percent and writer.chance(0.55)
    total = bill.total if tax_shown else bill.net
    if writer.chance(0.15):
        count = sum(item.quantity for item in bill.items)
        writer.pair("item_count", str(count), 0, right, "right")
    if tax_shown or writer.chance(0.3):
        writer.amount_row("subtotal", bill.subtotal, right)
    if bill.discount:
        writer.amount_row("discount", bill.discount, right)
    if tax_shown:
        writer.amount_row("tax", bill.tax, right)
    rounded = round(total / 5) * 5 if writer.chance(0.3) else total
    if rounded != total or writer.chance(0.1):
        before = [_unmarked(writer, writer.rng.choice(("Total", "Net Total", "Bill Total")), total, right)] if writer.chance(0.3) and writer.language == "en" else []
        for cells in before:
            writer.page.row(*cells)
        writer.amount_row("rounding", rounded - total, right)
    if writer.chance(0.04):
        writer.amount_row("tip", rng.randint(100, 900), right)
    writer.amount_row("total", rounded, right)
    if writer.chance(0.55):
        given = rounded if writer.chance(0.3) else -(-rounded // 1000) * 1000
        writer.amount_row("cash", given, right)
        if given > rounded or writer.chance(0.6):
            writer.amount_row("change", given - rounded, right)
    elif writer.chance(0.5):
        writer.pair("payment_method", rng.choice(_METHODS[writer.language].split("|")), 0, None)
    if tax_shown and writer.chance(0.3):
        writer.page.row(Cell(f"{writer.rng.choice(('SR', 'A', 'S', 'GST'))} {bill.tax_percent}%", None, 0), *writer.money(bill.net, None, right - 10, bare=True), *writer.money(bill.tax, None, right, bare=True))


def _unmarked(writer: Writer, label: str, cents: int, column: int) -> list[Cell]:
    return [Cell(writer.cased(label) + writer.separator, None, 0), *writer.money(cents, None, column)]


def invoice(rng: Random, language: str) -> Draft:
    """An invoice: who to whom, what for, how much, until when, to which account."""
    writer = Writer("invoice", language, rng.randint(72, 96), rng)
    bill = make_bill(rng, language, 4 if rng.random() < 0.8 else 10, dear=True)
    day = make_date(rng)
    name = make_company(rng, language)
    _letterhead(writer, name, "invoice")
    details = [("invoice_number", make_code(rng)), ("date", writer.style.date(day))]
    if writer.chance(0.6):
        details.append(("due_date", writer.style.date(day + datetime.timedelta(days=rng.choice((7, 14, 30, 45, 60))))))
    optional = [
        ("order_number", make_code(rng)),
        ("customer_number", make_code(rng)),
        ("delivery_date", writer.style.date(day - datetime.timedelta(days=rng.randint(1, 20)))),
        ("payment_terms", rng.choice(_TERMS[language].split("|"))),
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
    writer.line(writer.rng.choice(_TITLES["order"][language].split("|")), None, rng.choice(("left", "right", "center")))
    writer.line(buyer, "buyer_name")
    if writer.chance(0.8):
        writer.lines(make_address(rng, language), "buyer_address")
    writer.page.gap(1)
    details = [("order_number", make_code(rng)), ("date", writer.style.date(day))]
    optional = [
        ("delivery_date", writer.style.date(day + datetime.timedelta(days=rng.randint(3, 60)))),
        ("payment_terms", rng.choice(_TERMS[language].split("|"))),
        ("contact_person", make_person(rng, language)),
        ("customer_number", make_code(rng)),
    ]
    details += rng.sample(optional, rng.choice((0, 1, 2, 3)))
    supplier = [make_company(rng, language), *make_address(rng, language)]
    left = (writer.label("seller_name"), supplier, ("seller_name", "seller_address"))
    if writer.chance(0.5):
        delivery = (writer.label("delivery_address"), make_address(rng, language), ("delivery_address", "delivery_address"))
        _side_by_side(writer, left, delivery)
    else:
        _block(writer, left, 0)
    writer.page.gap(1)
    rng.shuffle(details)
    writer.pairs(details)
    _table(writer, bill)
    _sums(writer, bill)
    return writer.finish()


def _letterhead(writer: Writer, name: str, kind: str) -> None:
    rng, language = writer.rng, writer.language
    title = rng.choice(_TITLES[kind][language].split("|"))
    title_first = writer.chance(0.4)
    if title_first:
        writer.line(title, None, rng.choice(("left", "right", "center")))
    align: Align = rng.choice(("left", "left", "center"))
    writer.line(name, "seller_name", align)
    if writer.chance(0.85):
        writer.lines(make_address(rng, language), "seller_address", align)
    for key, value, chance in (
        ("seller_phone", make_phone(rng, language), 0.5),
        ("seller_email", _email(name), 0.3),
        ("seller_website", _website(name), 0.15),
        ("seller_tax_id", make_tax_id(rng, language), 0.5),
        ("seller_registration", make_registration(rng), 0.2),
    ):
        if writer.chance(chance):
            _aligned_pair(writer, key, value, align)
    writer.page.gap(1)
    if not title_first and writer.chance(0.8):
        writer.line(title, None, rng.choice(("left", "right", "center")))


def _parties_and_details(writer: Writer, details: list[tuple[str, str]]) -> None:
    """The customer, perhaps a second address, and the invoice's own data; in any order."""
    rng, language = writer.rng, writer.language
    name = make_company(rng, language) if writer.chance(0.6) else make_person(rng, language)
    customer = (writer.label("buyer_name") + (":" if writer.separator else ""), [name, *make_address(rng, language)], ("buyer_name", "buyer_address"))
    rng.shuffle(details)
    parties_first = writer.chance(0.5)
    if not parties_first:
        writer.pairs(details)
        writer.page.gap(1)
    if writer.chance(0.3):
        delivery = (writer.label("delivery_address"), make_address(rng, language), ("delivery_address", "delivery_address"))
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
    writer.line(label, None, "left", column)
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
    writer.page.row(*(Cell(text, None, *places[key]) for key, text in zip(keys, header, strict=True)))
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


def make_bank(rng: Random, language: str) -> str:
    place = make_company(rng, language).split()[0]
    names = {
        "en": "{} Bank|Bank of {}|First {} Bank|{} Savings Bank", "fr": "Banque {}|Crédit {}", "de": "{}bank|Sparkasse {}|Volksbank {}",
        "es": "Banco {}|Caja {}", "it": "Banca {}|Cassa di {}", "nl": "{} Bank", "pt": "Banco {}|Caixa {}", "pl": "Bank {}",
    }  # fmt: skip
    return rng.choice(names[language].split("|")).format(place)


def _email(name: str) -> str:
    return f"info@{_domain(name)}"


def _website(name: str) -> str:
    return f"www.{_domain(name)}"


def _domain(name: str) -> str:
    letters = "".join(letter for letter in name.casefold() if letter.isascii() and letter.isalpha())
    return f"{letters[:14] or 'shop'}.com"
