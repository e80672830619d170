"""Rows that pages carry beside what is asked about: boxes to tick, places to sign, page numbers."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from finetune.synthesis.drawing.design import Design
from finetune.synthesis.page import CHECKED, UNCHECKED, Cell, Draft, PrintedRow, Role

_TICKS = {
    "en": (
        "Yes",
        "No",
        "New customer",
        "By post",
        "By e-mail",
        "Urgent",
        "Original",
        "Copy",
        "Renewal",
        "Other",
    ),
    "fr": ("Oui", "Non", "Nouveau client", "Par courrier", "Urgent", "Copie", "Autre"),
    "de": ("Ja", "Nein", "Neukunde", "Per Post", "Eilig", "Kopie", "Sonstiges"),
    "es": ("Sí", "No", "Cliente nuevo", "Por correo", "Urgente", "Copia", "Otro"),
    "it": ("Sì", "No", "Nuovo cliente", "Per posta", "Urgente", "Copia", "Altro"),
    "nl": ("Ja", "Nee", "Nieuwe klant", "Per post", "Spoed", "Kopie", "Anders"),
    "pt": ("Sim", "Não", "Novo cliente", "Por correio", "Urgente", "Cópia", "Outro"),
    "pl": ("Tak", "Nie", "Nowy klient", "Poczta", "Pilne", "Kopia", "Inne"),
}
_PAGES = {
    "en": "Page",
    "fr": "Page",
    "de": "Seite",
    "es": "Página",
    "it": "Pagina",
    "nl": "Pagina",
    "pt": "Página",
    "pl": "Strona",
}
_OF = {"en": "of", "fr": "sur", "de": "von", "es": "de", "it": "di", "nl": "van", "pt": "de", "pl": "z"}


def with_additions(draft: Draft, design: Design, rng: Random) -> Draft:
    """The draft with such rows below its own; what it states stays as it is."""
    rows: list[PrintedRow] = []
    bottom = max(row.y for row in draft.rows) + 1
    if draft.kind == "form" and rng.random() < 0.5:
        for place in range(rng.randint(1, 3)):
            rows.append(PrintedRow(bottom + 1 + place, Role.TEXT, tuple(_ticks(draft, rng))))
    return replace(draft, rows=(*draft.rows, *rows))


def footer_line(draft: Draft, rng: Random) -> str:
    """The number of the page, in one of the usual ways."""
    word, of = _PAGES[draft.language], _OF[draft.language]
    return rng.choice((f"{word} 1 {of} 1", f"{word} 1/1", "1 / 1", "- 1 -", f"{word} 1"))


def _ticks(draft: Draft, rng: Random) -> list[Cell]:
    count = rng.randint(2, 3)
    step = draft.columns // count
    cells: list[Cell] = []
    for place, label in enumerate(rng.sample(_TICKS[draft.language], count)):
        cells.append(Cell(CHECKED if rng.random() < 0.4 else UNCHECKED, None, place * step))
        cells.append(Cell(label, None, place * step + 4))
    return cells
