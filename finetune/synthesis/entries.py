"""Kinds that are drawn only: applications with boxes to tick, tickets, reports in columns, screens.

What they state is label and value, as on forms: each pair is one row of the list ``entries``. They have no
part in the stream of ``examples``, on which the shipped weights are trained.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from random import Random

from finetune.synthesis.names import make_city, make_company, make_person
from finetune.synthesis.page import CHECKED, UNCHECKED, Cell, Draft, Role
from finetune.synthesis.values import make_code, make_date, make_phone, make_time
from finetune.synthesis.vocabulary import words
from finetune.synthesis.writer import Writer

_SPOKEN = ("en", "fr", "de", "es")
"""Languages that have labels of these kinds; the others get English ones."""


def application(rng: Random, language: str) -> Draft:
    """An application form: things to fill in, and choices of which one is ticked."""
    writer = _writer("application", rng, language, rng.randint(60, 84))
    if writer.chance(0.5):
        writer.line(make_company(rng, writer.language), None, rng.choice(("left", "center")))
    writer.line(rng.choice(words("form_titles")), None, rng.choice(("left", "center")), role=Role.TITLE)
    writer.page.gap(1)
    labels = [
        label.split("|") for label in rng.sample(words("screen_labels", writer.language), rng.randint(3, 6))
    ]
    choices = rng.sample(words("choice_labels", writer.language), rng.randint(2, 4))
    rows: list[Sequence[str]] = [*labels, *(choice.split("|") for choice in choices)]
    rng.shuffle(rows)
    column = rng.choice((18, 22, 26))
    separator = rng.choice((":", "", ":"))
    for number, row in enumerate(rows):
        if len(row) > 2 or row[-1] in ("Yes", "No"):
            _choice(writer, number, row, column, separator)
        else:
            label = Cell(row[1] + separator, f"entries.{number}.label", 0)
            writer.page.row(label, Cell(_value(writer, row[0]), f"entries.{number}.value", column))
        if writer.chance(0.2):
            writer.page.gap(0.5)
    if writer.chance(0.5):
        writer.page.gap(1)
        writer.line(writer.sentence(9))
    return writer.finish()


def _choice(writer: Writer, number: int, row: Sequence[str], column: int, separator: str) -> None:
    """A label and its options, one of them ticked; that one is the value."""
    label, *options = row
    room = writer.page.columns - column
    step = max(9, *(len(option) + 6 for option in options))
    options = options[: max(2, room // step)]
    ticked = writer.rng.randrange(len(options))
    cells = [Cell(label + separator, f"entries.{number}.label", 0)]
    for place, option in enumerate(options):
        cells.append(Cell(CHECKED if place == ticked else UNCHECKED, None, column + place * step))
        cells.append(
            Cell(option, f"entries.{number}.value" if place == ticked else None, column + place * step + 3)
        )
    writer.page.row(*cells)


def ticket(rng: Random, language: str) -> Draft:
    """A ticket: few facts under small labels, side by side."""
    writer = _writer("ticket", rng, language, rng.randint(46, 64))
    writer.line(make_company(rng, writer.language), None, "left")
    writer.line(rng.choice(words("ticket_titles", writer.language)), None, "left", role=Role.TITLE)
    writer.page.gap(1)
    labels = [label.split("|") for label in words("ticket_labels", writer.language)]
    chosen = rng.sample(labels, rng.randint(5, min(9, len(labels))))
    across = rng.choice((2, 2, 3))
    step = writer.page.columns // across
    for start in range(0, len(chosen), across):
        row = chosen[start : start + across]
        numbers = range(start, start + len(row))
        writer.page.row(
            *(
                Cell(label, f"entries.{n}.label", place * step)
                for place, (n, (_, label)) in enumerate(zip(numbers, row, strict=True))
            ),
            role=Role.LABEL,
        )
        writer.page.row(
            *(
                Cell(_value(writer, kind)[: step - 2].strip(), f"entries.{n}.value", place * step)
                for place, (n, (kind, _)) in enumerate(zip(numbers, row, strict=True))
            )
        )
        writer.page.gap(0.5)
    if writer.chance(0.6):
        writer.line(writer.sentence(7))
    return writer.finish()


def report(rng: Random, language: str) -> Draft:
    """A report: a title, some data about it, and text in one or two columns under headings."""
    writer = _writer("report", rng, language, rng.randint(84, 100))
    writer.line(
        rng.choice(words("report_titles", writer.language)),
        None,
        rng.choice(("left", "center")),
        role=Role.TITLE,
    )
    writer.page.gap(1)
    labels = [label.split("|") for label in words("report_labels", writer.language)]
    for number, (kind, label) in enumerate(rng.sample(labels, rng.randint(3, 5))):
        writer.page.row(
            Cell(f"{label}:", f"entries.{number}.label", 0),
            Cell(_value(writer, kind), f"entries.{number}.value", 22),
        )
    writer.page.gap(1)
    columns = rng.choice((1, 2, 2))
    width = writer.page.columns if columns == 1 else writer.page.columns // 2 - 3
    top, lows = writer.page.y, []
    headings = rng.sample(words("report_headings", writer.language), 2 * columns)
    for column in range(columns):
        writer.page.y = top
        for heading in headings[2 * column : 2 * column + 2]:
            left = column * (writer.page.columns // 2 + 2)
            writer.line(heading, None, "left", left, Role.HEADING)
            text = " ".join(writer.sentence(rng.randint(6, 14)) for _ in range(rng.randint(3, 7)))
            writer.lines(textwrap.wrap(text, width), None, "left", left)
            writer.page.gap(1)
        lows.append(writer.page.y)
    writer.page.y = max(lows)
    return writer.finish()


def screenshot(rng: Random, language: str) -> Draft:
    """A window of a program: a title, a menu, fields with their values, buttons."""
    writer = _writer("screenshot", rng, language, rng.randint(56, 80))
    writer.line(rng.choice(words("screen_titles", writer.language)), None, "left", role=Role.TITLE)
    if writer.chance(0.6):
        menu = rng.sample(words("screen_menu", writer.language), rng.randint(3, 5))
        writer.page.row(*(Cell(item, None, place * 12) for place, item in enumerate(menu)))
    writer.page.gap(1)
    labels = [label.split("|") for label in words("screen_labels", writer.language)]
    above = writer.chance(0.3)
    for number, (kind, label) in enumerate(rng.sample(labels, rng.randint(4, 8))):
        text = f"{label}{rng.choice(('', ':')) if not above else ''}"
        value = Cell(_value(writer, kind), f"entries.{number}.value", 0 if above else 24)
        if above:
            writer.line(text, f"entries.{number}.label", role=Role.LABEL)
            writer.page.row(value)
        else:
            writer.page.row(Cell(text, f"entries.{number}.label", 0), value)
    writer.page.gap(1)
    buttons = rng.sample(words("screen_buttons", writer.language), rng.randint(2, 3))
    writer.page.row(
        *(Cell(button, None, 2 + place * 14) for place, button in enumerate(buttons)), role=Role.BUTTON
    )
    return writer.finish()


def _writer(kind: str, rng: Random, language: str, columns: int) -> Writer:
    return Writer(kind, language if language in _SPOKEN else "en", columns, rng)


def _value(writer: Writer, kind: str) -> str:
    rng, language = writer.rng, writer.language
    match kind:
        case "person":
            return make_person(rng, language)
        case "company":
            return make_company(rng, language)
        case "place":
            return make_city(rng, language)
        case "date":
            return writer.style.date(make_date(rng))
        case "time":
            return make_time(rng)
        case "phone":
            return make_phone(rng, language)
        case "amount":
            return f"{writer.style.currency} {writer.style.amount(rng.randint(500, 90000))}"
        case "seat":
            return f"{rng.randint(1, 40)}{rng.choice('ABCDEF')}"
        case "class":
            return rng.choice(("1", "2", "Economy", "Business", "First"))
        case "number":
            return str(rng.randint(1, 60))
        case "text":
            return writer.sentence(5).rstrip(".")
    return make_code(rng)
