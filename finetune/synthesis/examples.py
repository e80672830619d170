"""One training example from one seed: a page's text, an extraction and some questions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from docvlm.reading import layout_text
from docvlm.types import Reading
from finetune.synthesis.bills import invoice, order
from finetune.synthesis.contracts import contract
from finetune.synthesis.forms import dense_form, form
from finetune.synthesis.noise import read_badly, sheared
from finetune.synthesis.page import Document, Draft, read_draft
from finetune.synthesis.papers import id_card, letter, statement, table
from finetune.synthesis.questions import question_turns
from finetune.synthesis.receipts import receipt
from finetune.synthesis.requests import Turn, extraction_turn
from finetune.synthesis.vocabulary import LANGUAGES

Builder = Callable[[Random, str], Draft]

BUILDERS: dict[str, tuple[Builder, int]] = {
    "receipt": (receipt, 32),
    "invoice": (invoice, 36),
    "form": (form, 12),
    "dense_form": (dense_form, 20),
    "order": (order, 5),
    "statement": (statement, 4),
    "id_card": (id_card, 5),
    "letter": (letter, 4),
    "table": (table, 4),
    "contract": (contract, 24),
}
"""Who builds which kind of document, and how often."""

_ENGLISH_SHARE, _FRENCH_SHARE = 0.6, 0.1
"""Of documents that are no invoices; the other languages share the rest."""
_ENGLISH_INVOICES, _FRENCH_INVOICES = 0.4, 0.25
"""Of invoices, whose labels differ most from language to language."""
LENGTHS, LENGTH_SHARES = (1100, 1700, 2800), (50, 32, 18)
"""The most characters a page may have, and how often each limit is drawn; training time decides."""


@dataclass(frozen=True, slots=True)
class Example:
    """A page as the model reads it, and what is asked about it."""

    kind: str
    reading: Reading
    page_text: str
    turns: tuple[Turn, ...]


def make_example(seed: int | str, *, misreadings: bool = True, absent: bool = True) -> Example:
    """The example of a seed, the same on every machine.

    Args:
        misreadings: whether the reader may err; without, the same pages are read as they are printed.
        absent: whether something may be asked that the page does not state.
    """
    rng = Random(seed)  # noqa: S311  (made-up documents, no secrets)
    limit = rng.choices(LENGTHS, LENGTH_SHARES)[0]
    while True:
        document = make_document(rng, misreadings=misreadings)
        page_text = layout_text(document.reading)
        turns = turns_of(document, rng, absent=absent)
        if len(page_text) <= limit and turns:
            return Example(document.kind, document.reading, page_text, turns)


def make_document(rng: Random, kind: str | None = None, *, misreadings: bool = True) -> Document:
    """A document of a kind, or of any; without ``misreadings`` the same one, every word as printed."""
    kinds = list(BUILDERS)
    kind = kind or rng.choices(kinds, [BUILDERS[name][1] for name in kinds])[0]
    draft = BUILDERS[kind][0](rng, make_language(rng, kind))
    # Mistakes are drawn in any case, so that what follows is the same with and without them.
    misread = read_badly(draft.words, rng)
    words = misread if misreadings else list(draft.words)
    if rng.random() < 0.08:
        words = sheared(words, rng)
    return read_draft(replace(draft, words=tuple(words)))


def make_language(rng: Random, kind: str) -> str:
    """The language of a document of a kind; English and French more often than the others."""
    invoices = kind == "invoice"
    english = _ENGLISH_INVOICES if invoices else _ENGLISH_SHARE
    french = _FRENCH_INVOICES if invoices else _FRENCH_SHARE
    others = [language for language in LANGUAGES if language not in ("en", "fr")]
    rest = (1 - english - french) / len(others)
    return rng.choices(("en", "fr", *others), (english, french, *[rest] * len(others)))[0]


def turns_of(document: Document, rng: Random, *, absent: bool = True) -> tuple[Turn, ...]:
    """What is asked about a document: its fields, and some questions.

    Args:
        absent: whether something may be asked that the document does not state.
    """
    extraction = extraction_turn(document, rng, absent=absent)
    # Forms have much to ask about, and a further question on a page costs little training.
    most = 8 if document.kind == "form" else 5
    questions = question_turns(document, rng, rng.randint(most - 2, most), absent=absent)
    return (*([extraction] if extraction else []), *questions)
