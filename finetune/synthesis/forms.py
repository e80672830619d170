"""Forms: labels of all sorts with what was filled in; each pair is one row of the list ``entries``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from finetune.synthesis.names import make_city, make_company, make_person
from finetune.synthesis.page import Cell, Draft, Role
from finetune.synthesis.values import make_code, make_date, make_phone
from finetune.synthesis.vocabulary import words
from finetune.synthesis.writer import Writer

_FORM_VALUES: dict[str, Callable[[Writer], str]] = {
    "company": lambda writer: make_company(writer.rng, writer.language),
    "person": lambda writer: make_person(writer.rng, writer.language),
    "date": lambda writer: writer.style.date(make_date(writer.rng)),
    "phone": lambda writer: make_phone(writer.rng, writer.language),
    "code": lambda writer: make_code(writer.rng),
    "amount": lambda writer: f"${writer.style.amount(writer.rng.randint(100, 9000000))}",
    "place": lambda writer: make_city(writer.rng, writer.language),
    "text": lambda writer: writer.sentence(writer.rng.randint(2, 7)).rstrip("."),
    "number": lambda writer: str(writer.rng.randint(1, 400)),
    "measure": lambda writer: make_code(writer.rng, writer.rng.choice(words("measures"))),
}


def form(rng: Random, language: str) -> Draft:
    """A form with labels of all sorts; each pair is one row of the list ``entries``."""
    writer = Writer("form", language, rng.randint(56, 84), rng)
    if writer.chance(0.5):
        writer.line(make_company(rng, language), None, rng.choice(("left", "center")))
    writer.line(rng.choice(words("form_titles")), None, rng.choice(("left", "center")), role=Role.TITLE)
    if writer.chance(0.6):
        writer.page.gap(1)
    labels = _form_labels(rng, rng.randint(3, 9))
    half = writer.page.columns // 2 + 2
    separator = rng.choice((":", ":", ":", "", " :"))
    number = 0
    above = writer.chance(0.2)
    if writer.chance(0.35):
        labels = [(kind, label.upper()) for kind, label in labels]
    while number < len(labels):
        pair = 2 if not above and number + 1 < len(labels) and writer.chance(0.3) else 1
        cells: list[Cell] = []
        for place in range(pair):
            kind, label = labels[number + place]
            fact = f"entries.{number + place}"
            value = (
                ""
                if writer.chance(0.08)
                else _FORM_VALUES[kind](writer)[: half - 2 if pair == 2 else 60].strip()
            )
            cells.append(Cell(f"{label}{separator}", f"{fact}.label", place * half))
            if above:
                writer.page.row(*cells, role=Role.LABEL)
                cells = [Cell(value, f"{fact}.value", 0)]
            elif pair == 1 and kind == "text" and writer.chance(0.5):
                # A long answer, on the rows below its label or beside it.
                indent = rng.choice((0, 4, len(label) + 3))
                if indent > 4:
                    cells.append(Cell(writer.sentence(6), f"{fact}.value", indent))
                writer.page.row(*cells)
                rows = [writer.sentence(rng.randint(5, 9)) for _ in range(rng.choice((1, 1, 2, 3, 4)))]
                writer.lines(rows, f"{fact}.value", "left", indent)
                cells = []
            else:
                cells.append(
                    Cell(
                        value,
                        f"{fact}.value",
                        rng.choice((None, None, place * half + 18)) if pair == 1 else None,
                    )
                )
        if cells:
            writer.page.row(*cells)
        number += pair
        if writer.chance(0.15):
            writer.page.gap(1)
    if writer.chance(0.35):
        writer.lines([writer.sentence(10) for _ in range(rng.randint(1, 5))], None)
    return writer.finish()


def dense_form(rng: Random, language: str) -> Draft:
    """A form with much in little room: blocks side by side under headings, rows of heads over values."""
    writer = Writer("form", language, rng.randint(72, 100), rng)
    if writer.chance(0.7):
        writer.line(rng.choice(words("form_titles")), None, rng.choice(("left", "center")), role=Role.TITLE)
    labels = _form_labels(rng, rng.randint(10, 22))
    number = 0
    while number < len(labels):
        arrangement = rng.choice(("heads", "blocks", "blocks", "blocks", "rows"))
        if arrangement == "heads":
            taken = _heads(writer, number, labels[number : number + rng.randint(3, 5)])
        elif arrangement == "blocks":
            taken = _blocks(writer, number, labels[number:])
        else:
            taken = _rows(writer, number, labels[number : number + rng.randint(1, 4)])
        number += taken
        writer.page.gap(rng.choice((0, 0.5, 1)))
    return writer.finish()


_Label = tuple[str, str]
"""The kind of value that goes with a label, and the label."""


def _heads(writer: Writer, first: int, labels: Sequence[_Label]) -> int:
    """Labels side by side with their values below them; returns how many found room."""
    heads: list[Cell] = []
    values: list[Cell] = []
    place = 0
    for number, (kind, label) in enumerate(labels, start=first):
        value = _filled_in(writer, kind, 18, empty=0)
        width = max(len(label), len(value)) + writer.rng.choice((3, 4, 6))
        if heads and place + width > writer.page.columns:
            break
        heads.append(Cell(label, f"entries.{number}.label", place))
        values.append(Cell(value, f"entries.{number}.value", place))
        place += width
    writer.page.row(*heads, role=Role.LABEL)
    writer.page.row(*values)
    return len(heads)


def _blocks(writer: Writer, first: int, labels: Sequence[_Label]) -> int:
    """Two or three columns of label and value, each perhaps under a heading; returns how many entries."""
    rng = writer.rng
    across = rng.choice((2, 2, 2, 3))
    step = writer.page.columns // across
    top, low, taken = writer.page.y, writer.page.y, 0
    for column in range(across):
        writer.page.y = top
        left = column * step
        rows = labels[taken : taken + rng.randint(2, 6)]
        if rows and writer.chance(0.4):
            writer.line(rng.choice(words("form_sections")), None, "left", left, Role.HEADING)
        value_column = left + min(step // 2 + 1, max((len(label) for _, label in rows), default=0) + 2)
        separator = rng.choice((":", ":", "", "."))
        for number, (kind, label) in enumerate(rows, start=first + taken):
            value = _filled_in(writer, kind, step - (value_column - left) - 2, empty=0.08)
            follows = len(label) + 2 > value_column - left
            writer.page.row(
                Cell(label + separator, f"entries.{number}.label", left),
                Cell(value, f"entries.{number}.value", None if follows else value_column),
            )
        taken += len(rows)
        low = max(low, writer.page.y)
    writer.page.y = low
    return taken


def _rows(writer: Writer, first: int, labels: Sequence[_Label]) -> int:
    """One label and value a row; some answers are long."""
    for number, (kind, label) in enumerate(labels, start=first):
        cells = [Cell(f"{label}:", f"entries.{number}.label", 0)]
        cells.append(Cell(_filled_in(writer, kind, 60, empty=0.07), f"entries.{number}.value"))
        writer.page.row(*cells)
        if kind == "text" and writer.chance(0.3) and cells[1].text:
            rows = [writer.sentence(writer.rng.randint(5, 10)) for _ in range(writer.rng.randint(1, 3))]
            writer.lines(rows, f"entries.{number}.value", "left", writer.rng.choice((0, 2, len(label) + 2)))
    return len(labels)


def _filled_in(writer: Writer, kind: str, room: int, empty: float) -> str:
    """A value of at most ``room`` characters, or nothing."""
    if writer.chance(empty):
        return ""
    value = _FORM_VALUES[kind](writer)
    return value if len(value) <= room else value[: max(room, 3)].rsplit(" ", 1)[0].strip(" ,.-(/")


def _form_labels(rng: Random, count: int) -> list[_Label]:
    """Labels, each with the kind of value that goes with it."""
    known = [(kind, label) for kind in _FORM_VALUES for label in words("form_labels", kind)]
    return [(kind, _varied(label, rng)) for kind, label in rng.sample(known, count)]


def _varied(label: str, rng: Random) -> str:
    """The label, or one made of it with a word before or behind it or with a second one."""
    chance = rng.random()
    if chance < 0.1:
        return f"{rng.choice(words('label_starts'))} {label}"
    if chance < 0.2:
        return f"{label} {rng.choice(words('label_ends'))}"
    if chance < 0.25:
        other = rng.choice(words("form_labels", rng.choice(list(_FORM_VALUES))))
        return f"{label} {rng.choice(('/', 'and', '&', 'or'))} {other}"
    return label
