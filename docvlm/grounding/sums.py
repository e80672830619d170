"""What is printed on a bill adds up: net amount and tax make the total.

A small model now and then takes the net amount or the tax for the total, or of a table of rates the wrong
column for the tax. The page itself knows better. Where the chosen amount and another one add up to a third,
the smaller of the two is a tax, and the third stands beside a word for a total, the third is the total; what
a total has more than its net amount is the tax, where the page prints it as one; and where a total is rounded
to the smallest coin, the rounded one is what is paid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from docvlm.grounding.row_places import widest_spans
from docvlm.grounding.runs import PageWords, WordRun
from docvlm.schemas import FieldSpec, FieldType, PageContext, find_candidates, normalise
from docvlm.schemas.checks import CASH_ROUNDING
from docvlm.schemas.letters import without_accents
from docvlm.schemas.naming import name_words

_TOTAL_NAMES = frozenset({"total", "totals", "due", "payable", "gross", "gesamt", "gesamtbetrag", "ttc"})
_NET_NAMES = frozenset({
    "sub", "subtotal", "net", "nett", "netto", "untaxed", "before", "without", "excl", "excluding",
    "exclusive", "ht",
})  # fmt: skip
_TAX_NAMES = frozenset({"tax", "taxes", "vat", "gst", "sst", "tva", "iva", "mwst"})
_OTHER_NAMES = frozenset({
    "rate", "percent", "percentage", "number", "id", "date", "discount", "savings", "item", "items",
    "quantity", "qty", "change", "tip",
})  # fmt: skip

_TAX_WORDS = re.compile(r"\b(tax|taxes|vat|gst|sst|tva|iva|mwst|ust|btw|moms)\b")
_CHARGE_WORDS = re.compile(rf"{_TAX_WORDS.pattern}|\b(service|svc)\b")
_TOTAL_WORDS = re.compile(r"\b(total|totale|totaal|due|payable|to pay|a payer|gesamt\w*|summe|importe|ttc)\b")
_PARTIAL_WORDS = re.compile(
    r"\bsub"
    r"|\b(net|nett|netto|excl|excluding|exclusive|before|without|ht|hors|items?|qty|quantity|disc\w*|saving\w*)\b"
)
_ROUNDING_WORDS = re.compile(
    r"\b(rounding|rounded|round[ -]?(off|adj\w*)|arrondi\w*|\w*rundung\w*|afronding\w*|redondeo"
    r"|arredondamento|arrotondamento|zaokragl\w*|avrund\w*|afrunding)\b"
)
_PAYMENT_WORDS = re.compile(
    r"\b(tender\w*|paid|payment|cash|change|card|given|received|bar|especes|rendu|visa)\b"
)
_DECIMALS = re.compile(r"(?<!\d)\d*[.,]\d\d(?!\d)")
_SMALLEST_COIN = Decimal("0.05")
_CENTS = re.compile(r"\d[.,]\d\d(?!\d)")
_AMOUNT = FieldSpec("amount", FieldType.AMOUNT)


@dataclass(frozen=True, slots=True)
class _Printed:
    """An amount of the page: its words, its value, and what else its row says."""

    run: WordRun
    value: Decimal
    row: int
    says: str


class _Role(Enum):
    """What an amount of a bill is."""

    NET = 1
    TAX = 2
    TOTAL = 3


def shown_by_sums(
    chosen: Sequence[tuple[FieldSpec, WordRun | None]], words: PageWords, context: PageContext
) -> dict[str, WordRun]:
    """The words that the sums of a page show to be a total or a tax, where others were chosen; by field.

    Args:
        chosen: the fields that are no lists, each with the words of this page that were taken for it.
    """
    roles = [(role, spec.name, run) for spec, run in chosen if (role := _role_of(spec)) is not None]
    if not any(role is _Role.TOTAL and run is not None for role, _, run in roles):
        return {}
    bill = _Bill(words, context)
    shown = {
        name: whole
        for role, name, run in roles
        if role is _Role.TOTAL and run is not None and (whole := bill.paid_for(run)) is not None
    }
    # A tax is what makes the total before its rounding.
    runs = {role: bill.whole(run) or run if role is _Role.TOTAL and run else run for role, _, run in roles}
    if len(runs) == len(roles) == len(_Role):  # one field for each role
        net, tax, total = (runs[role] for role in _Role)
        if net is not None and total is not None and (rest := bill.tax_between(net, total, tax)) is not None:
            shown[next(name for role, name, _ in roles if role is _Role.TAX)] = rest
    return shown


def _role_of(spec: FieldSpec) -> _Role | None:
    """The role that a field's name, and for a total its hint, say."""
    if spec.type is not FieldType.AMOUNT or spec.is_list:
        return None
    name = set(name_words(spec.name))
    if name & _OTHER_NAMES:
        return None
    if name & _NET_NAMES:
        return _Role.NET
    if name & _TAX_NAMES:
        return _Role.TAX
    is_partial = (_NET_NAMES | _TAX_NAMES) & set(name_words(spec.hint))
    return _Role.TOTAL if name & _TOTAL_NAMES and not is_partial else None


class _Bill:
    """The amounts with cents that stand on a page, from top to bottom."""

    def __init__(self, words: PageWords, context: PageContext) -> None:
        self._context = context
        self._amounts = tuple(self._printed(words))
        self._rounding = dict(self._rows_about_rounding(words))

    def paid_for(self, chosen: WordRun) -> WordRun | None:
        """The total that is paid, where ``chosen`` is a part of it or not yet rounded; else None."""
        whole = self.whole(chosen)
        return self._rounded(whole or chosen) or whole

    def _rounded(self, chosen: WordRun) -> WordRun | None:
        """The amount that a row about rounding, or a total below it, gives for ``chosen`` in whole coins."""
        value = self._value(chosen)
        if value is None or value <= 0 or not self._rounding or value % _SMALLEST_COIN == 0:
            return None
        first = min(self._rounding)
        for one in self._amounts:
            is_total = one.row in self._rounding or _names_total(one.says)
            is_payment = _PAYMENT_WORDS.search(one.says) is not None
            if one.row >= first and is_total and not is_payment and self._is_rounded(value, one.value):
                return one.run
        return None

    def _is_rounded(self, value: Decimal, rounded: Decimal) -> bool:
        """Whether ``rounded`` is ``value`` in whole coins, by as much as a row about rounding says."""
        difference = abs(rounded - value)
        if rounded <= 0 or rounded % _SMALLEST_COIN != 0 or difference >= _SMALLEST_COIN:
            return False
        return any(not said or said & {difference, rounded} for said in self._rounding.values())

    def whole(self, chosen: WordRun) -> WordRun | None:
        """The total that ``chosen`` is only a part of; None where the page does not show that."""
        value = self._value(chosen)
        if value is None or value <= 0:
            return None
        places = [one for one in self._amounts if one.value == value]
        is_charge = bool(places) and all(_names_charge(one.says) for one in places)
        wholes = [
            one
            for one in self._amounts
            if one.value - value > CASH_ROUNDING
            and ((is_charge and _names_total(one.says)) or self._has_rest(value, one))
        ]
        if not wholes or wholes[-1].value - min(one.value for one in wholes) > CASH_ROUNDING:
            return None
        return wholes[-1].run  # of two that differ by their rounding, what is paid comes last

    def tax_between(self, net: WordRun, total: WordRun, chosen: WordRun | None) -> WordRun | None:
        """The tax that ``total`` has more than ``net``, unless ``chosen`` is it or the page prints none."""
        less, more = self._value(net), self._value(total)
        if less is None or more is None:
            return None
        rest = more - less
        value = self._value(chosen) if chosen is not None else None
        if (
            rest <= CASH_ROUNDING
            or rest >= less
            or (value is not None and abs(value - rest) <= CASH_ROUNDING)
        ):
            return None
        rows = {one.row for one in self._amounts if one.value == less}
        taxes = [
            one.run
            for one in self._amounts
            if one.value == rest
            and _TAX_WORDS.search(one.says)
            and (one.row in rows or _names_charge(one.says))
        ]
        return taxes[-1] if taxes and (chosen is None or taxes[-1].text != chosen.text) else None

    def _has_rest(self, value: Decimal, whole: _Printed) -> bool:
        """Whether another amount makes ``value`` the whole, as a net amount and its tax do.

        The whole has a row of its own that names a total, or stands in the row of a tax with both of them.
        """
        rests = [one for one in self._amounts if abs(value + one.value - whole.value) <= CASH_ROUNDING]
        rows = {one.row for one in self._amounts if one.value == value}
        if any(rest.row == whole.row and whole.row in rows for rest in rests):
            return _TAX_WORDS.search(whole.says) is not None
        return _names_total(whole.says) and any(
            self._is_charge_on(min(value, rest.value), max(value, rest.value), whole)
            for rest in rests
            if rest.row != whole.row
        )

    def _is_charge_on(self, charge: Decimal, net: Decimal, whole: _Printed) -> bool:
        """Whether ``charge`` stands beside a word for one, or beside ``net`` as in a table of rates."""
        beside = {one.row for one in self._amounts if one.value == net} - {whole.row}
        return charge > CASH_ROUNDING and any(
            one.value == charge and (one.row in beside or _names_charge(one.says)) for one in self._amounts
        )

    def _printed(self, words: PageWords) -> Iterator[_Printed]:
        for number, line in enumerate(words.lines):
            texts = [word.text for word in line]
            spans = find_candidates(texts, _AMOUNT, self._context) or ()
            for first, last in widest_spans(spans, line, _AMOUNT):
                run = words.run_in_row(number, first, last)
                value = self._value(run)
                if value is not None and _CENTS.search(run.text):
                    says = without_accents(" ".join((*texts[:first], *texts[last:])))
                    yield _Printed(run, value, number, says)

    @staticmethod
    def _rows_about_rounding(words: PageWords) -> Iterator[tuple[int, set[Decimal]]]:
        """The numbers of the rows, each with the amounts it prints, ``.01`` among them, without signs."""
        for number, line in enumerate(words.lines):
            says = without_accents(" ".join(word.text for word in line))
            if _ROUNDING_WORDS.search(says):
                yield number, {Decimal(found.replace(",", ".")) for found in _DECIMALS.findall(says)}

    def _value(self, run: WordRun) -> Decimal | None:
        typed = normalise(run.text, _AMOUNT, self._context).value
        return None if typed is None else Decimal(typed)


def _names_total(says: str) -> bool:
    """``Total incl. GST`` does, ``Subtotal`` and ``GST included in total`` do not."""
    return _comes_first(_TOTAL_WORDS, _CHARGE_WORDS, says)


def _names_charge(says: str) -> bool:
    return _comes_first(_CHARGE_WORDS, _TOTAL_WORDS, says)


def _comes_first(wanted: re.Pattern[str], other: re.Pattern[str], says: str) -> bool:
    """Whether a word that is wanted stands before any of the other kind, and nothing says "in part"."""
    here, there = wanted.search(says), other.search(says)
    is_first = here is not None and (there is None or here.start() < there.start())
    return is_first and not _PARTIAL_WORDS.search(says)
