"""What sort of document it is, told from its words alone, before any model runs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from docvlm.schemas.letters import without_accents

_CUES: Mapping[str, tuple[str, ...]] = {  # without accents; in the languages that the reader knows
    "receipt": (
        "receipt", "cash", "change", "cashier", "thank you", "gst", "pos", "tendered", "rounding", "tip",
        "visa", "mastercard", "debit card", "credit card", "till", "please come again", "tax invoice",
        "bon", "kassenbon", "quittung", "bar", "gegeben", "ruckgeld", "kasse", "ec-karte",
        "ticket", "recu", "especes", "rendu", "carte bancaire", "caisse",
        "recibo", "efectivo", "cambio", "tarjeta", "caja", "scontrino", "contanti", "resto",
        "troco", "dinheiro", "cartao", "bonnetje", "contant", "wisselgeld", "pinnen",
        "kvitto", "kontant", "paragon", "gotowka", "reszta",
    ),
    "invoice": (
        "invoice", "bill to", "due date", "payment terms", "vat", "amount due", "iban", "net 30",
        "remittance", "facture", "echeance", "rechnung", "zahlbar", "factura", "vencimiento", "fattura",
        "scadenza", "fatura", "factuur", "vervaldatum", "faktura", "forfallodatum", "termin platnosci",
    ),
    "bank_statement": (
        "statement", "opening balance", "closing balance", "account number", "withdrawal", "deposit",
    ),
    "purchase_order": (
        "purchase order", "ship to", "vendor", "order number", "delivery date", "order", "quantity",
    ),
    "id_card": ("identity card", "passport", "date of birth", "nationality", "driving licence", "surname"),
    "contract": (
        "agreement", "contract", "party", "parties", "clause", "termination", "governing law", "hereby",
    ),
    "form": ("form", "please complete", "applicant", "signature", "fax", "to:", "from:", "date:", "subject"),
}  # fmt: skip

_QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "receipt": ("What is the total?", "Who is the seller?", "When was it bought?", "How was it paid?"),
    "invoice": ("What is the total?", "When is it due?", "What is the invoice number?", "Who is the seller?"),
    "bank_statement": (
        "What is the closing balance?",
        "What is the account number?",
        "Which period is it for?",
    ),
    "purchase_order": ("What is the order number?", "Who is the supplier?", "What is the total?"),
    "id_card": ("What is the name?", "What is the date of birth?", "What is the document number?"),
    "contract": ("When does it begin?", "How long does it run?", "What is the notice period?"),
    "form": ("What is the date?", "Who is it from?", "What is it about?"),
}
_ANY_QUESTIONS = ("What is the date?", "Who is it from?", "What is the total?")

_SHORT_CUE = 4


def guess_kind(text: str) -> str | None:
    """``receipt``, ``invoice``, ``bank_statement``, ``purchase_order``, ``id_card``, ``contract``, ``form``,
    or None where no kind has two of its cues in the text."""
    plain = without_accents(text)
    scores = {
        # The plain search is by far the quicker one and mostly finds nothing.
        kind: sum(1 for cue in cues if cue in plain and _stands_in(cue, plain))
        for kind, cues in _CUES.items()
    }
    best = max(scores, key=lambda kind: scores[kind])
    return best if scores[best] >= 2 else None


def _stands_in(cue: str, plain: str) -> bool:
    """Whether a word begins with the cue; a short cue must be the whole word, as "bar" is not "barcode"."""
    ending = r"(?!\w)" if len(cue) <= _SHORT_CUE else ""
    return re.search(rf"\b{re.escape(cue)}{ending}", plain) is not None


def suggested_questions(kind: str | None) -> tuple[str, ...]:
    """Questions that are often asked of this kind of document."""
    return _QUESTIONS.get(kind or "", _ANY_QUESTIONS)
