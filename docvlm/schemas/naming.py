"""What a field's name tells about its type, and what a schema is called, where nobody said it."""

from __future__ import annotations

import re

from docvlm.schemas.schema import LONGEST_NAME, FieldType

_MONEY_WORDS = frozenset({
    "amount", "total", "subtotal", "price", "cost", "tax", "vat", "gst", "tip", "discount", "fee", "balance",
    "paid", "due", "net", "gross", "sum", "deposit", "withdrawal", "change", "cash", "charge", "shipping",
})  # fmt: skip
_NO_MONEY_AT_THE_END = frozenset(
    {"rate", "percent", "percentage", "count", "quantity", "number", "id", "date"}
)
_LAST_WORDS = {
    "date": FieldType.DATE, "birthday": FieldType.DATE, "time": FieldType.TIME, "phone": FieldType.PHONE,
    "telephone": FieldType.PHONE, "email": FieldType.EMAIL, "iban": FieldType.IBAN,
    "percent": FieldType.PERCENT, "percentage": FieldType.PERCENT,
}  # fmt: skip


def guess_type(name: str) -> FieldType:
    """``due_date`` → date, ``totalAmount`` → amount, ``seller`` → text: the last word of the name decides."""
    last = name_words(name)[-1]
    if last in _LAST_WORDS:
        return _LAST_WORDS[last]
    return FieldType.AMOUNT if last in _MONEY_WORDS else FieldType.TEXT


def is_money(name: str) -> bool:
    """Whether a number called ``name`` is an amount of money: ``unit_price`` is, ``tax_rate`` is not."""
    words = name_words(name)
    return not _MONEY_WORDS.isdisjoint(words) and words[-1] not in _NO_MONEY_AT_THE_END


def name_words(name: str) -> list[str]:
    """``unitPrice``, ``unit_price`` and ``Unit price`` → ``["unit", "price"]``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").replace("-", " ").casefold().split()


def as_name(text: str) -> str:
    """The stem of a file or a title as a schema can be called: ``2024.invoice`` → ``schema 2024_invoice``."""
    name = re.sub(r"[^\w -]+", "_", text).strip("_ -")
    if not name[:1].isalpha():
        name = f"schema {name}"
    return name[:LONGEST_NAME].rstrip("_ -")
