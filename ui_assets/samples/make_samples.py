"""Makes the sample documents of this folder, byte for byte the same each time.

    pip install pymupdf-fonts
    python ui_assets/samples/make_samples.py [folder]

Every company, person, number and address in them is invented. Fonts are those of the package
``pymupdf-fonts`` and of PyMuPDF itself, all free to redistribute.
"""

from __future__ import annotations

import random
import sys
from decimal import Decimal
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pymupdf

Pixels = npt.NDArray[np.uint8]
Colour = tuple[float, float, float]

A4 = (595, 842)
INK: Colour = (0.10, 0.12, 0.16)
MUTED: Colour = (0.42, 0.46, 0.52)
TEAL: Colour = (0.05, 0.38, 0.42)
RULE: Colour = (0.82, 0.85, 0.88)
BLUE_INK: Colour = (0.12, 0.18, 0.47)


class Pen:
    """Writes on one PDF page; ``x`` is the left edge, the right edge or the middle of a text."""

    def __init__(self, page: pymupdf.Page) -> None:
        self.page = page
        self._fonts: dict[str, pymupdf.Font] = {}

    def width(self, text: str, size: float, font: str) -> float:
        return float(self._font(font).text_length(text, size))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 9.5,
        font: str = "figo",
        colour: Colour = INK,
        align: str = "left",
    ) -> None:
        """One line whose baseline is at ``y``."""
        shift = {"left": 0.0, "middle": 0.5, "right": 1.0}[align] * self.width(text, size, font)
        writer = pymupdf.TextWriter(self.page.rect)
        writer.append((x - shift, y), text, font=self._font(font), fontsize=size)
        writer.write_text(self.page, color=colour)

    def lines(self, x: float, y: float, texts: list[str], step: float = 13.5, **style: object) -> float:
        """Several lines below each other; returns the next baseline."""
        for text in texts:
            self.text(x, y, text, **style)  # type: ignore[arg-type]
            y += step
        return y

    def paragraph(self, x: float, y: float, width: float, text: str, size: float, font: str) -> float:
        """Words wrapped at ``width``; returns the baseline after the last line."""
        line = ""
        for word in text.split():
            longer = f"{line} {word}".strip()
            if self.width(longer, size, font) > width:
                self.text(x, y, line, size, font)
                y, longer = y + size * 1.42, word
            line = longer
        self.text(x, y, line, size, font)
        return y + size * 1.42

    def rule(self, x0: float, y: float, x1: float, colour: Colour = RULE, width: float = 0.7) -> None:
        self.page.draw_line((x0, y), (x1, y), color=colour, width=width)

    def panel(
        self,
        box: tuple[float, float, float, float],
        fill: Colour | None,
        edge: Colour | None = None,
        radius: float = 0.0,
    ) -> None:
        x0, y0, x1, y1 = box
        share = radius / min(x1 - x0, y1 - y0) if radius else None
        self.page.draw_rect(pymupdf.Rect(box), color=edge, fill=fill, width=0.8 if edge else 0, radius=share)

    def _font(self, name: str) -> pymupdf.Font:
        if name not in self._fonts:
            self._fonts[name] = pymupdf.Font(name)
        return self._fonts[name]


def money(amount: Decimal) -> str:
    return f"{amount:,.2f}"


# The invoice: a text layer, five line items that add up.

INVOICE_ITEMS = [
    ("FS-1040", "Oak desktop, 160 x 80 cm, oiled", 6, Decimal("214.00")),
    ("FS-2210", "Height-adjustable frame, anthracite", 6, Decimal("389.50")),
    ("FS-3017", "Mobile pedestal, three drawers", 4, Decimal("142.75")),
    ("FS-4402", "Cable tray with six sockets", 6, Decimal("47.20")),
    ("SV-0001", "Delivery and assembly on site, per hour", 7, Decimal("58.00")),
]
TAX_PER_CENT = 20


def make_invoice(path: Path) -> None:
    document = pymupdf.open()
    pen = Pen(document.new_page(width=A4[0], height=A4[1]))
    left, right = 56.0, 539.0
    _invoice_head(pen, left, right)
    bottom = _invoice_items(pen, left, right, top=300.0)
    _invoice_foot(pen, left, right, bottom)
    save_pdf(document, path, "Invoice FS-2026-0417")


def _invoice_head(pen: Pen, left: float, right: float) -> None:
    pen.panel((left, 52, left + 30, 82), TEAL, radius=6)
    pen.page.draw_polyline([(left + 8, 73), (left + 15, 60), (left + 22, 73)], color=(1, 1, 1), width=2.2)
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


def _invoice_items(pen: Pen, left: float, right: float, top: float) -> float:
    """The table of line items; returns the y of its lower edge."""
    quantity_x, price_x = 390.0, 465.0
    pen.panel((left, top - 14, right, top + 6), TEAL, radius=3)
    white = (1.0, 1.0, 1.0)
    heads = [(left + 8, "Item", "left"), (left + 66, "Description", "left"), (quantity_x, "Qty", "right")]
    heads += [(price_x, "Unit price", "right"), (right - 8, "Amount", "right")]
    for x, head, align in heads:
        pen.text(x, top, head, 8.5, "figbo", white, align)
    y = top + 24
    for code, description, quantity, price in INVOICE_ITEMS:
        pen.text(left + 8, y, code, 9, colour=MUTED)
        pen.text(left + 66, y, description)
        pen.text(quantity_x, y, str(quantity), align="right")
        pen.text(price_x, y, money(price), align="right")
        pen.text(right - 8, y, money(quantity * price), align="right")
        pen.rule(left, y + 9, right)
        y += 26
    return y - 17


def _invoice_foot(pen: Pen, left: float, right: float, bottom: float) -> None:
    subtotal = sum((quantity * price for _, _, quantity, price in INVOICE_ITEMS), Decimal())
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


# The contract: two typed pages, signed, then put through a scanner.

CONTRACT_CLAUSES = [
    (
        "1. Services",
        "The Provider shall maintain the heating and ventilation equipment at the Client's premises "
        "listed in Annex A. Maintenance includes four scheduled visits a year, replacement of filters, "
        "and a written report within five working days of each visit.",
    ),
    (
        "2. Term",
        "This Agreement begins on 1 February 2026 and runs for twenty-four months. It is then renewed "
        "for further periods of twelve months unless one party gives notice under clause 5.",
    ),
    (
        "3. Fee",
        "The Client shall pay an annual fee of EUR 8,640.00, excluding value added tax, in four equal "
        "instalments of EUR 2,160.00, each due within fourteen days of the invoice. Work outside clause "
        "1 is charged at EUR 92.00 per hour and needs the Client's prior written consent.",
    ),
    (
        "4. Response to faults",
        "The Provider shall attend within eight working hours where the equipment has failed, and within "
        "three working days in all other cases. Faults are reported by telephone or by electronic mail.",
    ),
    (
        "5. Notice",
        "Either party may end this Agreement by giving three months' written notice to the end of a "
        "calendar quarter. The right to end it at once for serious cause remains unaffected.",
    ),
    (
        "6. Liability",
        "The Provider is liable without limit for intent and gross negligence. Otherwise liability is "
        "limited to EUR 50,000.00 per event. The Provider keeps insurance that covers this sum "
        "throughout the term.",
    ),
    (
        "7. Confidentiality",
        "Each party shall keep secret what it learns of the other's business in the course of this "
        "Agreement, and for two years after its end.",
    ),
    (
        "8. Final provisions",
        "Changes to this Agreement must be made in writing. Should a provision be invalid, the others "
        "remain in force. The place of jurisdiction is Nordhaven.",
    ),
]
SCAN_DPI = 150


def make_contract(path: Path) -> None:
    typed = pymupdf.open()
    for _ in range(2):
        typed.new_page(width=A4[0], height=A4[1])
    pages = [Pen(page) for page in typed]
    left, width = 84.0, 430.0
    first, second = pages
    first.text(299, 96, "SERVICE AGREEMENT", 16, "tibo", align="middle")
    first.text(299, 114, "Contract no. SA-2026-031", 10.5, "tiro", align="middle")
    parties = [
        "between Brackwater Property Management GmbH, Hafenstrasse 18, 20990 Nordhaven, represented by its "
        'managing director, Ms Ilse Tornquist (the "Client"),',
        "and Kestrel Building Services OHG, Am Speicher 5, 20994 Nordhaven, represented by its partner, "
        'Mr Joris Halvard (the "Provider").',
    ]
    y = 152.0
    for party in parties:
        y = first.paragraph(left, y, width, party, 11, "tiro") + 8
    for pen, clauses in ((first, CONTRACT_CLAUSES[:6]), (second, CONTRACT_CLAUSES[6:])):
        y = y + 12 if pen is first else 96.0
        for title, body in clauses:
            pen.text(left, y, title, 11.5, "tibo")
            y = pen.paragraph(left, y + 17, width, body, 11, "tiro") + 14
    _sign(second, left, y + 18)
    for number, pen in enumerate(pages, start=1):
        pen.text(299, 800, f"Page {number} of 2", 9, "tiro", align="middle")

    scanned = pymupdf.open()
    for index, page in enumerate(typed):
        pixels = _render(page, SCAN_DPI)
        jpeg = _encode_jpeg(_scan(pixels, angle=(-0.7, 0.9)[index], seed=31 + index), quality=52)
        scanned.new_page(width=A4[0], height=A4[1]).insert_image(pymupdf.Rect(0, 0, *A4), stream=jpeg)
    save_pdf(scanned, path, "")


def _sign(pen: Pen, left: float, y: float) -> None:
    for x, place, name, role, seed in (
        (left, "Nordhaven, 12 January 2026", "Ilse Tornquist", "for the Client", 5),
        (left + 235, "Nordhaven, 14 January 2026", "Joris Halvard", "for the Provider", 11),
    ):
        pen.text(x, y, place, 11, "tiro")
        _signature(pen.page, x + 8, y + 58, seed)
        pen.rule(x, y + 68, x + 180, INK, 0.6)
        pen.lines(x, y + 82, [name, role], size=10, font="tiro", step=13)


def _signature(page: pymupdf.Page, x: float, y: float, seed: int) -> None:
    """A handwritten flourish: a tall capital, small waves that lean to the right, a long last stroke."""
    dice = random.Random(seed)  # noqa: S311 - a drawing, not a secret
    shape = page.new_shape()
    tall = dice.uniform(26, 38)
    shape.draw_bezier((x - 4, y - tall * 0.5), (x + 6, y - tall * 1.3), (x + 20, y - tall), (x + 5, y + 4))
    shape.draw_bezier((x + 5, y + 4), (x + 22, y - tall * 1.2), (x + 34, y - tall * 0.7), (x + 16, y - 4))
    pen_x = x + 16
    for _ in range(dice.randint(4, 7)):
        step, rise = dice.uniform(7, 15), dice.uniform(4, 17)
        lean = dice.uniform(0.2, 0.9) * step
        next_y = y + dice.uniform(-6, 2)
        shape.draw_bezier(
            (pen_x, y - 3), (pen_x + lean, y - rise), (pen_x + step, y - rise), (pen_x + step, next_y)
        )
        pen_x += step
        shape.draw_line((pen_x, next_y), (pen_x + 1, y - 3))
    reach = dice.uniform(24, 48)
    shape.draw_bezier(
        (pen_x + 1, y - 3), (pen_x + 10, y + 8), (pen_x + reach, y - 2), (pen_x + reach + 12, y - 15)
    )
    shape.finish(color=BLUE_INK, width=1.3, closePath=False)
    shape.commit()


def _scan(page: Pixels, angle: float, seed: int) -> Pixels:
    """A page as an office scanner gives it: grey, slightly turned, uneven light, specks and grain."""
    noise = np.random.default_rng(seed)
    grey = cv2.cvtColor(page, cv2.COLOR_RGB2GRAY).astype(np.float32)
    height, width = grey.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    turn[:, 2] += (4, -6)
    grey = cv2.warpAffine(grey, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=205)
    grey = cv2.GaussianBlur(grey, (0, 0), 0.65)
    # Toner is dark grey and not black, paper is not white, and the lid lets light in at one side.
    grey = 34 + grey * (203 / 255)
    across = np.linspace(0, 1, width, dtype=np.float32)
    light = 1.0 + 0.035 * np.sin(across * 2.4) - 0.10 * np.clip(across - 0.93, 0, 1) / 0.07
    grey *= light[None, :]
    grey += cv2.GaussianBlur(noise.normal(0, 3.2, grey.shape).astype(np.float32), (0, 0), 0.6)
    for _ in range(24):
        x, y = int(noise.integers(0, width)), int(noise.integers(0, height))
        cv2.circle(grey, (x, y), int(noise.integers(1, 3)), float(noise.integers(60, 150)), cv2.FILLED)
    # The holes of the filing punch.
    for y in (0.404, 0.596):
        centre = (int(0.047 * width), int(y * height))
        cv2.circle(grey, centre, 17, 122.0, cv2.FILLED, cv2.LINE_AA)
        cv2.circle(grey, centre, 17, 158.0, 2, cv2.LINE_AA)
    return np.clip(grey, 0, 255).astype(np.uint8)


# The receipt: thermal print on curled paper, photographed on a table.

RECEIPT_ITEMS = [
    ("SOURDOUGH LOAF 800G", 1, Decimal("4.20")),
    ("OAT MILK 1L", 2, Decimal("1.95")),
    ("FREE RANGE EGGS X10", 1, Decimal("3.45")),
    ("TOMATOES VINE 500G", 1, Decimal("2.10")),
    ("GROUND COFFEE 250G", 1, Decimal("6.80")),
    ("DISH SOAP LEMON", 1, Decimal("2.35")),
]
RECEIPT_COLUMNS = 32


def make_receipt(path: Path) -> None:
    paper = _receipt_paper()
    photo = _photograph(paper, seed=77)
    path.write_bytes(_encode_jpeg(photo, quality=80))


def _receipt_lines() -> list[tuple[str, bool]]:
    """Text and whether it is printed double height."""
    total = sum((count * price for _, count, price in RECEIPT_ITEMS), Decimal())
    tax = (total - total / Decimal("1.07")).quantize(Decimal("0.01"))
    cash = Decimal("30.00")
    lines: list[tuple[str, bool]] = [
        ("HARBOUR PANTRY", True),
        ("27 Quayside Street".center(RECEIPT_COLUMNS), False),
        ("Port Ellery 40218".center(RECEIPT_COLUMNS), False),
        ("Tel 555-0142".center(RECEIPT_COLUMNS), False),
        ("", False),
        (_spread("05/23/2026  17:42", "TILL 03"), False),
        (_spread("RECEIPT 104882", "MAREN"), False),
        ("-" * RECEIPT_COLUMNS, False),
    ]
    for name, count, price in RECEIPT_ITEMS:
        lines.append((_spread(name, money(count * price)), False))
        if count > 1:
            lines.append((f"   {count} @ {money(price)}", False))
    lines += [
        ("-" * RECEIPT_COLUMNS, False),
        (_spread("SUBTOTAL", money(total - tax)), False),
        (_spread("TAX 7%", money(tax)), False),
        (_spread("TOTAL", f"${money(total)}", RECEIPT_COLUMNS // 2), True),
        (_spread("CASH", money(cash)), False),
        (_spread("CHANGE", money(cash - total)), False),
        ("", False),
        (f"ITEMS SOLD: {sum(count for _, count, _ in RECEIPT_ITEMS)}".center(RECEIPT_COLUMNS), False),
        ("", False),
        ("Thank you, come again!".center(RECEIPT_COLUMNS), False),
    ]
    return lines


def _spread(left: str, right: str, columns: int = RECEIPT_COLUMNS) -> str:
    return left + right.rjust(columns - len(left))


def _receipt_paper() -> Pixels:
    """The receipt flat, as the printer made it."""
    size, step = 10.0, 13.6
    lines = _receipt_lines()
    width = 226.0
    height = 40 + sum(step * (2.0 if tall else 1.0) for _, tall in lines) + 54
    document = pymupdf.open()
    pen = Pen(document.new_page(width=width, height=height))
    column = pen.width("0", size, "cascadia")
    left = (width - column * RECEIPT_COLUMNS) / 2
    y = 30.0
    ink = (0.20, 0.20, 0.24)
    for text, tall in lines:
        if tall:
            y += step * 0.75
            pen.text(width / 2, y, text, size * 2, "cascadia", ink, "middle")
            y += step * 1.25
        else:
            pen.text(left, y, text, size, "cascadia", ink)
            y += step
    _barcode(pen, width, y + 4)
    return _render(document[0], 260)


def _barcode(pen: Pen, width: float, y: float) -> None:
    dice = random.Random(104882)  # noqa: S311 - a drawing, not a secret
    x = 48.0
    while x < width - 48:
        bar = dice.choice((0.9, 0.9, 1.8, 2.7))
        pen.page.draw_rect(pymupdf.Rect(x, y, x + bar, y + 26), color=None, fill=(0.22, 0.22, 0.26))
        x += bar + dice.choice((0.9, 1.8, 1.8, 2.7))


def _photograph(paper: Pixels, seed: int) -> Pixels:
    """The receipt as a telephone sees it: curled, creased, in perspective, on wood, in lamp light."""
    noise = np.random.default_rng(seed)
    width, height = 1050, 1500
    sheet, relief = _crumple(paper, noise)
    rows, columns = sheet.shape[:2]
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], dtype=np.float32)
    placed = np.array([[238, 92], [812, 68], [858, 1420], [182, 1392]], dtype=np.float32)
    lens = cv2.getPerspectiveTransform(corners, placed)

    def seen(layer: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.asarray(cv2.warpPerspective(layer, lens, (width, height), flags=cv2.INTER_AREA), np.float32)

    mask = seen(np.ones((rows, columns), np.float32))
    colour = seen(sheet.astype(np.float32) * relief[:, :, None])
    cast = cv2.GaussianBlur(np.roll(mask, (16, 20), axis=(0, 1)), (0, 0), 16)
    photo = _table(width, height, noise) * (1 - 0.55 * cast[:, :, None])
    photo = photo * (1 - mask[:, :, None]) + colour * mask[:, :, None]

    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    lamp = 1.06 - 0.42 * (np.hypot(x - 0.36 * width, y - 0.30 * height) / np.hypot(width, height)) ** 1.6
    # The shadow of the hand that holds the telephone falls over the lower right.
    hand = 1 / (1 + np.exp(-(x * 0.85 + y * 0.5 - 1330) / 85))
    photo *= (lamp * (1 - 0.24 * hand))[:, :, None] * np.array([1.0, 0.965, 0.90], np.float32)
    photo = cv2.GaussianBlur(photo, (0, 0), 0.7)
    photo += noise.normal(0, 2.6, photo.shape)
    return np.clip(photo, 0, 255).astype(np.uint8)


def _crumple(paper: Pixels, noise: np.random.Generator) -> tuple[Pixels, npt.NDArray[np.float32]]:
    """The paper bent in itself, and how much light each of its points sends back."""
    rows, columns = paper.shape[:2]
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    waves = np.zeros((rows, columns), np.float32)
    for _ in range(7):
        direction = noise.uniform(-0.5, 0.5) + np.pi / 2
        length = noise.uniform(260, 720)
        phase = noise.uniform(0, 2 * np.pi)
        waves += np.sin((x * np.cos(direction) + y * np.sin(direction)) / length * 2 * np.pi + phase)
    curl = 5.0 * waves
    bent = cv2.remap(
        paper,
        x + 4.0 * np.sin(y / 310),
        y + curl * 0.9,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(255, 255, 255),
    )
    relief = 1 - 0.020 * np.gradient(waves, axis=0) * 90
    for share in (0.34, 0.67):
        # A sharp fold: a bright edge and a soft shade below it.
        distance = y - (share * rows + 9 * np.sin(x / 130))
        relief += 0.05 * np.exp(-((distance / 5) ** 2)) - 0.09 * np.exp(-(((distance - 16) / 17) ** 2))
    grain = cv2.GaussianBlur(noise.normal(0, 1, (rows, columns)).astype(np.float32), (0, 0), 1.1)
    relief = np.clip(relief + 0.010 * grain, 0.6, 1.08).astype(np.float32)
    faded = 26 + bent.astype(np.float32) * (214 / 255)
    return np.clip(faded, 0, 255).astype(np.uint8), relief


def _table(width: int, height: int, noise: np.random.Generator) -> npt.NDArray[np.float32]:
    """A wooden table top: three planks with grain along them."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    grain = cv2.GaussianBlur(
        noise.normal(0, 1, (height, width)).astype(np.float32), (0, 0), sigmaX=1.6, sigmaY=95
    )
    rings = np.sin((x + 26 * np.sin(y / 420) + 9 * grain / (np.abs(grain).max() + 1e-6) * 8) / 17)
    shade = 1 + 0.055 * rings + 1.1 * grain
    for plank, tone in ((0, 0.94), (390, 1.03), (760, 0.98)):
        shade = np.where((x >= plank), shade * tone / (1 if plank == 0 else 0.97), shade)
        shade *= 1 - 0.6 * np.exp(-(((x - plank) / 3.0) ** 2))
    wood = np.array([128, 88, 58], np.float32)
    return np.asarray(np.clip(shade, 0.2, 1.5)[:, :, None] * wood, np.float32)


# The screenshot: an order screen of a made-up program.

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
WHITE: Colour = (1.0, 1.0, 1.0)
SELECTED_ROW = 2


def make_screenshot(path: Path) -> None:
    document = pymupdf.open()
    pen = Pen(document.new_page(width=1280, height=800))
    pen.panel((0, 0, 1280, 800), (0.955, 0.96, 0.968))
    _window_frame(pen)
    _sidebar(pen)
    _orders_table(pen)
    _order_form(pen)
    image = _render(document[0], 72)
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


# Shared by all of them.


def _render(page: pymupdf.Page, dpi: int) -> Pixels:
    pixmap = page.get_pixmap(dpi=dpi)
    return np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, 3)


def _encode_jpeg(image: Pixels, quality: int) -> bytes:
    if image.ndim == 3:
        image = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()


def save_pdf(document: pymupdf.Document, path: Path, title: str) -> None:
    """Write a PDF without dates or random identifiers, so that each run gives the same bytes."""
    document.set_metadata({"title": title, "producer": "docvlm samples"})
    document.subset_fonts()
    document.save(path, garbage=4, deflate=True, clean=True, no_new_id=True)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    make_invoice(folder / "invoice.pdf")
    make_contract(folder / "scanned-contract.pdf")
    make_receipt(folder / "receipt.jpg")
    make_screenshot(folder / "screenshot.png")


if __name__ == "__main__":
    main()
