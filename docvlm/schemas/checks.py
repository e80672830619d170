"""Do the values of an extraction agree with one another?"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from stdnum import iban

from docvlm.schemas.numbers import decimal_of
from docvlm.schemas.schema import Check, CheckKind, FieldType, Schema
from docvlm.types import CheckResult, Extraction, FieldValue, LineItems

CASH_ROUNDING = Decimal("0.05")
"""Totals are rounded to the smallest coin in several countries."""
_HALF_A_CENT = Decimal("0.005")


def run_checks(schema: Schema, extraction: Extraction) -> tuple[CheckResult, ...]:
    """The schema's checks, and the check digits of every IBAN found.

    A check is left out where a value it needs was not found or could not be read. ``fields`` of a result
    names what disagrees (everything that took part, where nothing does), a cell of a list as
    ``items[2].amount`` with rows counted from 1.
    """
    values = _Values(extraction)
    run = {CheckKind.SUM: _sum, CheckKind.PRODUCT: _product, CheckKind.ORDER: _order}
    results = [run[check.kind](check, values) for check in schema.checks]
    results += [_iban(spec.name, values) for spec in schema.fields if spec.type is FieldType.IBAN]
    return tuple(result for result in results if result is not None)


class _Values:
    """The typed values of an extraction by name."""

    def __init__(self, extraction: Extraction) -> None:
        self.scalars: dict[str, str] = {}
        self.rows: dict[str, list[dict[str, str]]] = {}
        for found in extraction.fields:
            if isinstance(found, LineItems):
                self.rows[found.name] = [_by_name(row) for row in found.rows]
            elif found.value is not None:
                self.scalars[found.name] = found.value


def _by_name(row: tuple[FieldValue, ...]) -> dict[str, str]:
    return {cell.name: cell.value for cell in row if cell.value is not None}


@dataclass(frozen=True, slots=True)
class _Term:
    """One part of a sum, with its sign, and how far the rounding of its rows may move it."""

    path: str
    value: Decimal
    slack: Decimal


def _sum(check: Check, values: _Values) -> CheckResult | None:
    columns = [path.removeprefix("-") for path in (*check.parts, *check.optional) if "." in path]
    required = [_term(path, columns, values) for path in check.parts]
    terms = [term for term in required if term is not None]
    wanted = {
        path: value for path in check.results if (value := decimal_of(values.scalars.get(path))) is not None
    }
    if not wanted or len(terms) < len(check.parts):
        return None
    optional = [term for path in check.optional if (term := _term(path, columns, values)) is not None]
    fixed, free = (terms[:1], terms[1:] + optional) if check.parts_may_be_included else (terms, optional)
    name = " + ".join(check.parts).replace("+ -", "- ") + " = " + " or ".join(check.results)
    for chosen in _from_all_to_none(free):
        used = [*fixed, *chosen]
        total = sum((term.value for term in used), Decimal(0))
        slack = CASH_ROUNDING + sum((term.slack for term in used), Decimal(0))
        for path, value in wanted.items():
            if abs(total - value) <= slack:
                return CheckResult(
                    name, True, f"{_written(used)} agrees with {path} {value}.", (*_paths(used), path)
                )
    everything = [*terms, *optional]
    total = sum((term.value for term in everything), Decimal(0))
    makes = f" makes {total}" if len(everything) > 1 else " in all"
    says = " and ".join(f"{path} says {value}" for path, value in wanted.items())
    return CheckResult(
        name, False, f"{_written(everything)}{makes}, but {says}.", (*_paths(everything), *wanted)
    )


def _term(path: str, columns: list[str], values: _Values) -> _Term | None:
    """A field's value or a column's total; None where it, or a row without any of ``columns``, is missing."""
    bare = path.removeprefix("-")
    list_name, _, column = bare.rpartition(".")
    if not list_name:
        number = decimal_of(values.scalars.get(bare))
        return None if number is None else _Term(bare, _signed(path, number), Decimal(0))
    rows = values.rows.get(list_name, [])
    siblings = [name.rpartition(".")[2] for name in columns if name.startswith(f"{list_name}.")]
    if not rows or any(all(decimal_of(row.get(name)) is None for name in siblings) for row in rows):
        return None
    numbers = [number for row in rows if (number := decimal_of(row.get(column))) is not None]
    total = sum((_signed(path, number) for number in numbers), Decimal(0))
    return _Term(bare, total, _HALF_A_CENT * len(numbers))


def _signed(path: str, number: Decimal) -> Decimal:
    return -abs(number) if path.startswith("-") else number


def _from_all_to_none(terms: list[_Term]) -> Iterator[tuple[_Term, ...]]:
    for count in range(len(terms), -1, -1):
        yield from itertools.combinations(terms, count)


def _written(terms: list[_Term]) -> str:
    """``subtotal 8.50 + tax 0.50 - discount 1.00``."""
    first, *others = terms
    words = [f"{first.path} {first.value}"]
    words += [f"{'-' if term.value < 0 else '+'} {term.path} {abs(term.value)}" for term in others]
    return " ".join(words)


def _paths(terms: list[_Term]) -> tuple[str, ...]:
    return tuple(term.path for term in terms)


def _product(check: Check, values: _Values) -> CheckResult | None:
    list_name = check.parts[0].partition(".")[0]
    factors = [path.rpartition(".")[2] for path in check.parts]
    result = check.results[0].rpartition(".")[2]
    wrong: list[str] = []
    wrong_cells: list[str] = []
    rows_checked = 0
    for row_number, row in enumerate(values.rows.get(list_name, []), start=1):
        parts = [number for name in factors if (number := decimal_of(row.get(name))) is not None]
        printed = decimal_of(row.get(result))
        if printed is None or len(parts) < len(factors):
            continue
        rows_checked += 1
        product = math.prod(parts, start=Decimal(1))
        if abs(product - printed) > _HALF_A_CENT * 2 + _rounding_of_product(parts):
            makes = " × ".join(str(part) for part in parts)
            wrong.append(f"row {row_number}: {makes} makes {product.normalize():f}, not {printed}")
            wrong_cells += [f"{list_name}[{row_number}].{name}" for name in (*factors, result)]
    if not rows_checked:
        return None
    name = f"{' × '.join(check.parts)} = {check.results[0]}"
    if wrong:
        return CheckResult(name, False, f"In {list_name}, {'; '.join(wrong)}.", tuple(wrong_cells))
    fields = (*check.parts, check.results[0])
    return CheckResult(name, True, f"{name} in {rows_checked} rows of {list_name}.", fields)


def _rounding_of_product(parts: list[Decimal]) -> Decimal:
    """How far the product moves when each factor with decimals is off by half of its last printed place."""
    slack = Decimal(0)
    for index, part in enumerate(parts):
        exponent = part.as_tuple().exponent
        if isinstance(exponent, int) and exponent < 0:
            others = math.prod(parts[:index] + parts[index + 1 :], start=Decimal(1))
            slack += abs(others) * Decimal(5).scaleb(exponent - 1)
    return slack


def _order(check: Check, values: _Values) -> CheckResult | None:
    earlier, later = check.parts[0], check.results[0]
    first, second = values.scalars.get(earlier), values.scalars.get(later)
    if first is None or second is None:
        return None
    passed = first <= second  # ISO dates sort as text
    verb = "is not after" if passed else "is after"
    return CheckResult(
        f"{earlier} ≤ {later}", passed, f"{earlier} {first} {verb} {later} {second}.", (earlier, later)
    )


def _iban(name: str, values: _Values) -> CheckResult | None:
    value = values.scalars.get(name)
    if value is None:
        return None
    passed = iban.is_valid(value)
    says = "has the right check digits" if passed else "has wrong check digits; a character may be misread"
    return CheckResult(f"check digits of {name}", passed, f"{name} {value} {says}.", (name,))
