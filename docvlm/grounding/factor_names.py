"""Which words name a quantity, a price a unit and an amount, in schemas and above the columns of a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from docvlm.schemas import FieldSpec, FieldType
from docvlm.schemas.letters import without_accents
from docvlm.schemas.naming import name_words

_QUANTITY = frozenset(
    {"quantity", "qty", "count", "units", "pieces", "hours", "hrs", "weight", "quantite", "qte", "heures"}
    | {"poids", "menge", "anzahl", "stunden", "gewicht", "cantidad", "quantita", "quantidade", "aantal"}
    | {"antal", "ilosc"}
)
_NO_QUANTITY = frozenset({"delivery", "lead", "due", "opening"})
_UNIT = frozenset({"unit", "unitprice", "unitaire", "each", "rate", "pu", "einzelpreis", "stuckpreis"})
_PRICE = frozenset({"price", "cost", "prix", "preis", "precio", "prezzo", "preco", "prijs", "pris", "cena"})
_AMOUNT = frozenset(
    {"amount", "total", "subtotal", "sub", "sum", "net", "gross", "line", "extended", "montant", "ttc"}
    | {"betrag", "summe", "gesamt", "gesamtpreis", "importe", "importo", "valor", "totaal", "bedrag", "belop"}
    | {"kwota"}
)
_NO_AMOUNT = frozenset(
    {"tax", "vat", "gst", "tva", "mwst", "iva", "btw", "discount", "remise", "rabatt", "savings", "shipping"}
    | {"balance", "deposit", "fee", "paid", "due"}
)

_PRICE_HEAD = re.compile(
    r"\b(?:pri[cx]\w*|\w*prij?s|\w*preis|precio|preco|prezzo|cena|tarifs?|(?<!vat )(?<!tax )rate|cost|each"
    r"|unitprice|p\W{0,2}u(?:nit\w*)?|[ue]\W?p|unit\w*\W+amount)\b|(?:/|\bper |\ba )\s?kg\b",
    re.IGNORECASE,
)
_QUANTITY_HEAD = re.compile(
    r"\b(?:qt[aeyi]?s?|qn?ty|qu?antit\w*|qu?ants?|mengen?|anz(?:ahl)?|cant\w*|aantal|antal|ilosc|units|pcs"
    r"|stk|stuck|hrs|hours|days|heures|stunden|std|nbre?|nos|weight|poids|gewicht|peso)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Factors:
    """Which columns of a list, by number, multiply out: ``quantity`` × ``price`` = ``amount``."""

    quantity: int
    price: int
    amount: int


def factors_of(columns: Sequence[FieldSpec]) -> Factors | None:
    """The columns that multiply out, by their types and names; None where that cannot be told."""
    names = [set(name_words(without_accents(column.name))) for column in columns]
    counts = [
        number
        for number, column in enumerate(columns)
        if column.type in (FieldType.NUMBER, FieldType.INTEGER)
        and names[number] & _QUANTITY
        and not names[number] & _NO_QUANTITY
    ]
    money = [
        number
        for number, column in enumerate(columns)
        if column.type is FieldType.AMOUNT and not names[number] & _NO_AMOUNT
    ]
    units = [number for number in money if names[number] & _UNIT]
    amounts = [number for number in money if number not in units and names[number] & _AMOUNT]
    others = [number for number in money if number not in (*units, *amounts) and names[number] & _PRICE]
    # Beside a unit price, what is called a price is the row's.
    prices, amounts = (units, [*amounts, *others]) if units else (others, amounts)
    if not len(counts) == len(prices) == len(amounts) == 1:
        return None
    return Factors(counts[0], prices[0], amounts[0])


def leans_to_price(head: str) -> int:
    """1 where the words above a column name a price a unit, -1 where they name a quantity, else 0.

    ``Unit price`` is a price, ``Unit`` alone neither.

    Args:
        head: without accents.
    """
    return 1 if _PRICE_HEAD.search(head) else -1 if _QUANTITY_HEAD.search(head) else 0
