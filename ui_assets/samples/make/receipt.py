"""The receipt: thermal print on curled paper, photographed on a table."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pymupdf

from .drawing import Pen, Pixels, encode_jpeg, money, render

ITEMS = [
    ("SOURDOUGH LOAF 800G", 1, Decimal("4.20")),
    ("OAT MILK 1L", 2, Decimal("1.95")),
    ("FREE RANGE EGGS X10", 1, Decimal("3.45")),
    ("TOMATOES VINE 500G", 1, Decimal("2.10")),
    ("GROUND COFFEE 250G", 1, Decimal("6.80")),
    ("DISH SOAP LEMON", 1, Decimal("2.35")),
]
COLUMNS = 32


def make(path: Path) -> None:
    paper = _paper()
    photo = _photograph(paper, seed=77)
    path.write_bytes(encode_jpeg(photo, quality=80))


def _lines() -> list[tuple[str, bool]]:
    """Text and whether it is printed double height."""
    total = sum((count * price for _, count, price in ITEMS), Decimal())
    tax = (total - total / Decimal("1.07")).quantize(Decimal("0.01"))
    cash = Decimal("30.00")
    lines: list[tuple[str, bool]] = [
        ("HARBOUR PANTRY", True),
        ("27 Quayside Street".center(COLUMNS), False),
        ("Port Ellery 40218".center(COLUMNS), False),
        ("Tel 555-0142".center(COLUMNS), False),
        ("", False),
        (_spread("05/23/2026  17:42", "TILL 03"), False),
        (_spread("RECEIPT 104882", "MAREN"), False),
        ("-" * COLUMNS, False),
    ]
    for name, count, price in ITEMS:
        lines.append((_spread(name, money(count * price)), False))
        if count > 1:
            lines.append((f"   {count} @ {money(price)}", False))
    lines += [
        ("-" * COLUMNS, False),
        (_spread("SUBTOTAL", money(total - tax)), False),
        (_spread("TAX 7%", money(tax)), False),
        (_spread("TOTAL", f"${money(total)}", COLUMNS // 2), True),
        (_spread("CASH", money(cash)), False),
        (_spread("CHANGE", money(cash - total)), False),
        ("", False),
        (f"ITEMS SOLD: {sum(count for _, count, _ in ITEMS)}".center(COLUMNS), False),
        ("", False),
        ("Thank you, come again!".center(COLUMNS), False),
    ]
    return lines


def _spread(left: str, right: str, columns: int = COLUMNS) -> str:
    return left + right.rjust(columns - len(left))


def _paper() -> Pixels:
    """The receipt flat, as the printer made it."""
    size, step = 10.0, 13.6
    lines = _lines()
    width = 226.0
    height = 40 + sum(step * (2.0 if tall else 1.0) for _, tall in lines) + 54
    document = pymupdf.open()
    pen = Pen(document.new_page(width=width, height=height))
    column = pen.width("0", size, "cascadia")
    left = (width - column * COLUMNS) / 2
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
    return render(document[0], 260)


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
