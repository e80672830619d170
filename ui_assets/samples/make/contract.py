"""The contract: two typed pages, signed, then put through a scanner."""

from __future__ import annotations

import random
from pathlib import Path

import cv2
import numpy as np
import pymupdf

from .drawing import A4, INK, Colour, Pen, Pixels, encode_jpeg, render, save_pdf

CLAUSES = [
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
BLUE_INK: Colour = (0.12, 0.18, 0.47)


def make(path: Path) -> None:
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
    for pen, clauses in ((first, CLAUSES[:6]), (second, CLAUSES[6:])):
        y = y + 12 if pen is first else 96.0
        for title, body in clauses:
            pen.text(left, y, title, 11.5, "tibo")
            y = pen.paragraph(left, y + 17, width, body, 11, "tiro") + 14
    _sign(second, left, y + 18)
    for number, pen in enumerate(pages, start=1):
        pen.text(299, 800, f"Page {number} of 2", 9, "tiro", align="middle")

    scanned = pymupdf.open()
    for index, page in enumerate(typed):
        pixels = render(page, SCAN_DPI)
        jpeg = encode_jpeg(_scan(pixels, angle=(-0.7, 0.9)[index], seed=31 + index), quality=52)
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
