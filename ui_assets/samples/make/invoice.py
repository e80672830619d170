"""The invoice: a text layer, five line items that add up."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pymupdf

from .drawing import A4, INK, MUTED, TEAL, WHITE, Pen, money, save_pdf

ITEMS = [
    ("FS-1040", "Oak desktop, 160 x 80 cm, oiled", 6, Decimal("214.00")),
    ("FS-2210", "Height-adjustable frame, anthracite", 6, Decimal("389.50")),
    ("FS-3017", "Mobile pedestal, three drawers", 4, Decimal("142.75")),
    ("FS-4402", "Cable tray with six sockets", 6, Decimal("47.20")),
    ("SV-0001", "Delivery and assembly on site, per hour", 7, Decimal("58.00")),
]
TAX_PER_CENT = 20


def make(path: Path) -> None:
    document = pymupdf.open()
    pen = Pen(document.new_page(width=A4[0], height=A4[1]))
    left, right = 56.0, 539.0
    _head(pen, left, right)
    bottom = _items(pen, left, right, top=300.0)
    _foot(pen, left, right, bottom)
    save_pdf(document, path, "Invoice FS-2026-0417")


def _head(pen: Pen, left: float, right: float) -> None:
    pen.panel((left, 52, left + 30, 82), TEAL, radius=6)
    pen.page.draw_polyline([(left + 8, 73), (left + 15, 60), (left + 22, 73)], color=WHITE, width=2.2)
    pen.text(left + 40, 66, "Fernhill & Stowe", 15, "figbo", TEAL)
    pen.text(left + 40, 79, "Office furniture makers", 8.5, colour=MUTED)
    pen.text(right, 74, "INVOICE", 24, "figbo", INK, "right")
    seller = ["Fernhill & Stowe Ltd", "14 Tannery Row", "Marlow Bridge MB4 7QX", "VAT no. GB 771 2093 45"]
    pen.lines(left, 112, seller, size=8.5, step=12, colour=MUTED)

    pen.text(left, 190, "BILL TO", 7.5, "figbo", TEAL)
    pen.text(left, 206, "Larkspur Analytics Ltd", 10.5, "figbo")
    pen.lines(left, 220, ["Accounts payable", "Unit 3, Weir Lane", "Ashcombe AC2 1PL"], step=13)

    facts = [
        ("Invoice number", "FS-2026-0417"),
        ("Invoice date", "18 March 2026"),
        ("Due date", "17 April 2026"),
        ("Your order", "PO-88213"),
        ("Currency", "GBP"),
    ]
    pen.panel((336, 176, right, 266), (0.95, 0.97, 0.97), radius=5)
    for row, (label, value) in enumerate(facts):
        y = 193 + row * 16
        pen.text(348, y, label, 9, colour=MUTED)
        pen.text(right - 12, y, value, 9.5, "figbo", align="right")


def _items(pen: Pen, left: float, right: float, top: float) -> float:
    """The table of line items; returns the y of its lower edge."""
    quantity_x, price_x = 390.0, 465.0
    pen.panel((left, top - 14, right, top + 6), TEAL, radius=3)
    heads = [(left + 8, "Item", "left"), (left + 66, "Description", "left"), (quantity_x, "Qty", "right")]
    heads += [(price_x, "Unit price", "right"), (right - 8, "Amount", "right")]
    for x, head, align in heads:
        pen.text(x, top, head, 8.5, "figbo", WHITE, align)
    y = top + 24
    for code, description, quantity, price in ITEMS:
        pen.text(left + 8, y, code, 9, colour=MUTED)
        pen.text(left + 66, y, description)
        pen.text(quantity_x, y, str(quantity), align="right")
        pen.text(price_x, y, money(price), align="right")
        pen.text(right - 8, y, money(quantity * price), align="right")
        pen.rule(left, y + 9, right)
        y += 26
    return y - 17


def _foot(pen: Pen, left: float, right: float, bottom: float) -> None:
    subtotal = sum((quantity * price for _, _, quantity, price in ITEMS), Decimal())
    tax = (subtotal * TAX_PER_CENT / 100).quantize(Decimal("0.01"))
    label_x = 380.0
    y = bottom + 26
    for label, amount in (("Subtotal", subtotal), (f"VAT {TAX_PER_CENT}%", tax)):
        pen.text(label_x, y, label, colour=MUTED)
        pen.text(right - 8, y, money(amount), align="right")
        y += 18
    pen.panel((label_x - 12, y - 8, right, y + 18), (0.88, 0.94, 0.94), radius=4)
    pen.text(label_x, y + 9, "Total due", 11.5, "figbo", TEAL)
    pen.text(right - 8, y + 9, f"GBP {money(subtotal + tax)}", 12.5, "figbo", TEAL, "right")

    pen.text(left, y + 62, "PAYMENT", 7.5, "figbo", TEAL)
    pay = [
        "Please pay within 30 days by bank transfer, quoting the invoice number.",
        "Account name: Fernhill & Stowe Ltd    Sort code: 00-11-22    Account: 01234567",
        "IBAN: GB86 FERN 0011 2201 2345 67    Contact: accounts@fernhillstowe.example",
    ]
    pen.lines(left, y + 78, pay, size=9, step=14)
    pen.rule(left, 786, right)
    foot = "Fernhill & Stowe Ltd  |  Registered in England no. 00012345  |  +44 1632 960 417"
    pen.text((left + right) / 2, 800, foot, 7.5, colour=MUTED, align="middle")
