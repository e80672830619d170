"""Documents that the export tests share."""

from __future__ import annotations

from docvlm.export import ExportedDocument
from docvlm.types import Answer, Box, CheckResult, Extraction, FieldValue, LineItems

BOX = Box(10, 20, 30.04, 40.06)


def field(name: str, value: str | None, raw: str | None = None, currency: str | None = None) -> FieldValue:
    if value is None:
        return FieldValue(name, None, None, 0.25)
    return FieldValue(name, value, raw or value, 0.98765, 2, BOX, (BOX,), currency, ("low",))


RECEIPT = ExportedDocument(
    "receipt.pdf",
    Extraction(
        "receipt",
        (
            field("company", "Łódź Bakery"),
            field("date", "2024-03-09", "09/03/2024"),
            field("total", "-12.50", "-12,50", "EUR"),
            field("number", "00123"),
            LineItems(
                "items",
                (
                    (field("description", "=SUM(A1)"), field("amount", "10.00", currency="EUR")),
                    (field("description", "Roll"), field("amount", None)),
                ),
            ),
            LineItems("payments", ()),
        ),
        (CheckResult("sum", False, "10.00 is not 12.50", ("total",)),),
        ("page 3 was not read",),
    ),
    (Answer("Who sells?", "Łódź Bakery", 0.9, 1, (BOX,)), Answer("Tip?", None, 0.8)),
    "ab" * 32,
)
OTHER = ExportedDocument(
    "@other.pdf", Extraction("receipt", (field("total", "7", currency=None), field("tip", "+1+1"))), ()
)
