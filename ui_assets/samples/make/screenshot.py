"""The screenshot: an order window of a made-up program."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import cv2
import pymupdf

from .drawing import INK, MUTED, RULE, WHITE, Colour, Pen, money, render

ORDERS = [
    ("SO-20418", "12 May 2026", "Larkspur Analytics", "Ashcombe", 5, "4,811.40", "Shipped"),
    ("SO-20419", "12 May 2026", "Dunmore Bakery", "Quill Hill", 2, "318.00", "Packed"),
    ("SO-20420", "13 May 2026", "Osterby Dental Care", "Port Ellery", 7, "1,276.55", "Open"),
    ("SO-20421", "13 May 2026", "Velling Cycle Works", "Marlow Bridge", 3, "942.10", "On hold"),
    ("SO-20422", "13 May 2026", "Tamarind Hotel", "Nordhaven", 12, "6,080.00", "Open"),
    ("SO-20423", "14 May 2026", "Greyfold School", "Ashcombe", 9, "2,415.75", "Packed"),
    ("SO-20424", "14 May 2026", "Pell & Sons Joinery", "Quill Hill", 1, "129.90", "Shipped"),
    ("SO-20425", "14 May 2026", "Cobalt Print Studio", "Port Ellery", 4, "733.20", "Open"),
]
BADGES: dict[str, tuple[Colour, Colour]] = {
    "Shipped": ((0.86, 0.95, 0.88), (0.10, 0.42, 0.20)),
    "Packed": ((0.87, 0.92, 0.99), (0.12, 0.32, 0.66)),
    "Open": ((0.94, 0.94, 0.95), (0.32, 0.35, 0.40)),
    "On hold": ((0.99, 0.92, 0.84), (0.62, 0.33, 0.05)),
}
SELECTED_ROW = 2


def make(path: Path) -> None:
    document = pymupdf.open()
    pen = Pen(document.new_page(width=1280, height=800))
    pen.panel((0, 0, 1280, 800), (0.955, 0.96, 0.968))
    _window_frame(pen)
    _sidebar(pen)
    _orders_table(pen)
    _order_form(pen)
    image = render(document[0], 72)
    _, png = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 9])
    path.write_bytes(png.tobytes())


def _window_frame(pen: Pen) -> None:
    pen.panel((0, 0, 1280, 34), (0.16, 0.19, 0.24))
    pen.text(16, 22, "Trellis Orders 4.2  -  Orders", 12.5, "notos", (0.86, 0.88, 0.92))
    for x in (1186, 1222, 1258):
        pen.page.draw_circle((x, 17), 5.5, color=(0.55, 0.59, 0.66), width=1.2)
    pen.panel((0, 776, 1280, 800), (0.91, 0.92, 0.935))
    pen.text(16, 792, "Connected as m.aldous   |   Warehouse: North", 11, "notos", MUTED)
    pen.text(1264, 792, "8 of 214 orders   |   14 May 2026 16:08", 11, "notos", MUTED, "right")


def _sidebar(pen: Pen) -> None:
    pen.panel((0, 34, 168, 776), (0.21, 0.25, 0.31))
    pen.text(22, 72, "Trellis", 20, "notosbo", WHITE)
    for row, name in enumerate(
        ("Dashboard", "Orders", "Customers", "Stock", "Invoices", "Returns", "Reports")
    ):
        y = 118 + row * 38
        if name == "Orders":
            pen.panel((10, y - 22, 158, y + 10), (0.20, 0.47, 0.75), radius=6)
        pen.panel((24, y - 12, 36, y), (0.62, 0.67, 0.75) if name != "Orders" else WHITE, radius=3)
        pen.text(48, y - 1, name, 13.5, "notos", WHITE if name == "Orders" else (0.80, 0.83, 0.88))


def _orders_table(pen: Pen) -> None:
    pen.text(192, 74, "Orders", 20, "notosbo")
    _box(pen, (560, 54, 820, 84), "Search order or customer", MUTED)
    pen.panel((832, 54, 932, 84), (0.20, 0.47, 0.75), radius=5)
    pen.text(882, 74, "New order", 13, "notosbo", WHITE, "middle")
    pen.panel((192, 100, 932, 442), WHITE, RULE, radius=6)
    columns = [(208, "left"), (302, "left"), (404, "left"), (584, "left"), (735, "right"), (826, "right")]
    heads = ["Order", "Date", "Customer", "Ship to", "Items", "Total GBP"]
    for (x, align), head in zip(columns, heads, strict=True):
        pen.text(x, 124, head, 12, "notosbo", MUTED, align)
    pen.text(846, 124, "Status", 12, "notosbo", MUTED)
    pen.rule(192, 136, 932)
    for row, (*cells, status) in enumerate(ORDERS):
        y = 160 + row * 37
        if row == SELECTED_ROW:
            pen.panel((193, y - 22, 931, y + 13), (0.90, 0.945, 0.99))
        for (x, align), cell in zip(columns, cells, strict=True):
            pen.text(x, y, str(cell), 13, "notosbo" if x == 208 else "notos", INK, align)
        fill, ink = BADGES[status]
        pen.panel((844, y - 15, 914, y + 6), fill, radius=10)
        pen.text(879, y, status, 11.5, "notosbo", ink, "middle")
        if row < len(ORDERS) - 1:
            pen.rule(193, y + 14, 931, (0.91, 0.92, 0.94))
    _totals(pen)


def _totals(pen: Pen) -> None:
    open_total = sum((Decimal(order[5].replace(",", "")) for order in ORDERS), Decimal())
    cards = [
        ("Orders shown", str(len(ORDERS))),
        ("Value shown", f"GBP {money(open_total)}"),
        ("On hold", "1"),
    ]
    for index, (label, value) in enumerate(cards):
        x = 192 + index * 251.0
        pen.panel((x, 462, x + 238, 532), WHITE, RULE, radius=6)
        pen.text(x + 16, 486, label, 12, "notos", MUTED)
        pen.text(x + 16, 514, value, 18, "notosbo")
    pen.panel((192, 552, 932, 756), WHITE, RULE, radius=6)
    pen.text(208, 578, "Notes on SO-20420", 14, "notosbo")
    notes = [
        ("14 May 09:12", "M. Aldous", "Customer asks for delivery before noon."),
        ("13 May 15:40", "System", "Credit check passed, limit GBP 5,000.00."),
        ("13 May 15:38", "T. Renn", "Order taken by telephone."),
    ]
    for row, (when, who, what) in enumerate(notes):
        y = 610 + row * 32
        pen.text(208, y, when, 12, "notos", MUTED)
        pen.text(304, y, who, 12.5, "notosbo")
        pen.text(404, y, what, 12.5, "notos")
        pen.rule(208, y + 11, 916, (0.91, 0.92, 0.94))


def _order_form(pen: Pen) -> None:
    pen.panel((956, 54, 1256, 756), WHITE, RULE, radius=6)
    pen.text(976, 84, "Order SO-20420", 16, "notosbo")
    fields = [
        ("Customer", "Osterby Dental Care"),
        ("Contact", "Runa Lindqvist"),
        ("E-mail", "r.lindqvist@osterby.example"),
        ("Telephone", "+44 1632 960 188"),
        ("Delivery address", "9 Lighthouse Road, Port Ellery"),
        ("Delivery date", "19 May 2026"),
        ("Payment", "Invoice, 14 days"),
        ("Carrier", "Northway Freight"),
    ]
    for row, (label, value) in enumerate(fields):
        y = 114 + row * 62
        pen.text(976, y, label, 12, "notos", MUTED)
        _box(pen, (976, y + 8, 1236, y + 38), value, INK)
    y = 114 + len(fields) * 62
    pen.panel((976, y - 8, 991, y + 7), (0.20, 0.47, 0.75), radius=3)
    pen.page.draw_polyline([(979.5, y), (982.5, y + 3), (987.5, y - 4)], color=WHITE, width=1.6)
    pen.text(1000, y + 5, "Partial delivery allowed", 12.5, "notos")
    pen.panel((976, 704, 1096, 736), (0.20, 0.47, 0.75), radius=5)
    pen.text(1036, 725, "Save", 13.5, "notosbo", WHITE, "middle")
    pen.panel((1108, 704, 1236, 736), WHITE, (0.74, 0.77, 0.81), radius=5)
    pen.text(1172, 725, "Cancel order", 13.5, "notos", INK, "middle")


def _box(pen: Pen, box: tuple[float, float, float, float], text: str, colour: Colour) -> None:
    pen.panel(box, WHITE, (0.74, 0.77, 0.81), radius=4)
    pen.text(box[0] + 10, box[3] - 10, text, 13, "notos", colour)
