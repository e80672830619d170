"""A baseline without a model: labels beside values, and what dates, amounts and telephones look like.

What an afternoon of regular expressions buys on receipts and invoices in English and French. It knows
fields by the words in their names; what it has no rule for is not found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from docvlm.schemas import FieldSpec, Schema, normalise, page_context
from docvlm.types import Extraction, FieldValue, Reading

_DATE = re.compile(
    r"\b(?:\d{1,4}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}[ .-]?[A-Za-zéû]{3,9}\.?[ ,.-]{0,2}\d{2,4}"
    r"|[A-Za-zéû]{3,9}\.? \d{1,2}, ?\d{4})\b"
)
_TIME = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?(?: ?[AaPp][Mm])?\b")
_AMOUNT = re.compile(r"(?<![\d/.-])\d{1,3}(?:[ ,.]?\d{3})*[.,]\d{2}(?!\d)")
_PHONE = re.compile(r"(?<![\d/.])\+?\(?\d[\d ().-]{6,16}\d(?![\d/])")
_CODE = re.compile(r"\b(?=[\w/-]*\d)[A-Z0-9][\w/-]{2,}\b")
_STREET = re.compile(r"\d.*[A-Za-z]{3}|\b(?:jalan|jln|lot|street|st|road|rd|ave|rue|taman)\b", re.IGNORECASE)

_DUE = re.compile(r"due|pay(?:able)? by|[ée]ch[ée]ance|avant le", re.IGNORECASE)
_TOTAL = re.compile(r"total|amount due|balance due|ttc|net . payer|. payer", re.IGNORECASE)
_SUBTOTAL = re.compile(r"sub ?-?total|net(?! . payer)|\bht\b|hors tax|before tax|excl", re.IGNORECASE)
_TAX = re.compile(r"\btax|\bvat\b|\bgst\b|tva", re.IGNORECASE)
_TIP = re.compile(r"\btip|gratuity|pourboire", re.IGNORECASE)
_INVOICE = re.compile(r"invoice|bill|receipt|facture|\bno\b|n[°º]", re.IGNORECASE)
_ORDER = re.compile(r"order|\bp\.?o\.?\b|commande|\bbc\b", re.IGNORECASE)

Lines = Sequence[str]
Rule = Callable[[Lines], str | None]


def extract_by_rules(readings: Sequence[Reading], schema: Schema) -> Extraction:
    """What the rules find of each field on the first page; lists are left out."""
    lines = [line.text for line in readings[0].lines] if readings else []
    context = page_context("\n".join(lines))
    fields = []
    for spec in schema.fields:
        if spec.is_list:
            continue
        rule = _rule(spec)
        raw = rule(lines) if rule else None
        value = normalise(raw, spec, context).value if raw else None
        fields.append(FieldValue(spec.name, value, raw, 0.0))
    return Extraction(schema.name, tuple(fields))


def _rule(spec: FieldSpec) -> Rule | None:
    name = spec.name.lower()
    by_words: tuple[tuple[str, Rule], ...] = (
        ("due", lambda lines: _beside(lines, _DUE, _DATE)),
        ("date", lambda lines: _first(lines, _DATE)),
        ("time", lambda lines: _first(lines, _TIME)),
        ("untaxed|subtotal|net", lambda lines: _beside(lines, _SUBTOTAL, _AMOUNT)),
        ("tax", lambda lines: _beside(lines, _TAX, _AMOUNT, without=_SUBTOTAL)),
        ("tip", lambda lines: _beside(lines, _TIP, _AMOUNT)),
        ("total|amount", lambda lines: _beside(lines, _TOTAL, _AMOUNT, without=_SUBTOTAL, last=True)),
        ("phone|tel", lambda lines: _first(lines, _PHONE)),
        ("po_|order", lambda lines: _beside(lines, _ORDER, _CODE)),
        ("number|invoice", lambda lines: _beside(lines, _INVOICE, _CODE)),
        ("address", _address),
        ("company|supplier|name|seller", lambda lines: lines[0] if lines else None),
    )
    return next((rule for words, rule in by_words if re.search(words, name)), None)


def _first(lines: Lines, wanted: re.Pattern[str]) -> str | None:
    return next((found[0] for line in lines if (found := wanted.search(line))), None)


def _beside(
    lines: Lines,
    label: re.Pattern[str],
    wanted: re.Pattern[str],
    without: re.Pattern[str] | None = None,
    last: bool = False,
) -> str | None:
    """What stands on the line of a label, or on the line below it."""
    found = None
    for number, line in enumerate(lines):
        match = label.search(line)
        if not match or (without and without.search(line)):
            continue
        values = wanted.findall(line[match.end() :]) or wanted.findall(
            "\n".join(lines[number + 1 : number + 2])
        )
        if values:
            found = values[-1]
            if not last:
                break
    return found


def _address(lines: Lines) -> str | None:
    """The first lines below the name that look like a street, and those up to the next date or telephone."""
    found: list[str] = []
    for line in lines[1:8]:
        if _DATE.search(line) or re.search(r"tel|fax|gst|phone|reg", line, re.IGNORECASE):
            if found:
                break
            continue
        if found or _STREET.search(line):
            found.append(line)
        if len(found) == 4:
            break
    return " ".join(found) or None
