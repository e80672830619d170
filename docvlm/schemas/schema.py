"""What to look for in a document: fields with types, and the arithmetic that must hold between them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum

from docvlm.errors import SchemaError

LONGEST_NAME = 64

_NAME = re.compile(rf"[^\W\d][\w -]{{0,{LONGEST_NAME - 2}}}\w|[^\W\d]")
_NAME_REMEDY = (
    f"Begin with a letter; letters, digits, spaces, '_' and '-' may follow, {LONGEST_NAME} in all; "
    "end with a letter, digit or '_'."
)


class FieldType(StrEnum):
    """How the printed text of a value is understood, and what its typed form is."""

    TEXT = "text"
    """Any run of words; the typed form is the text itself."""
    DATE = "date"
    """ISO 8601, ``2018-12-25``."""
    TIME = "time"
    """ISO 8601 on a 24-hour clock, ``20:13`` or ``20:13:39``."""
    AMOUNT = "amount"
    """Money: a decimal with a dot, and an ISO 4217 code where one is known."""
    NUMBER = "number"
    """A decimal with a dot."""
    INTEGER = "integer"
    PERCENT = "percent"
    """A decimal with a dot, in per cent: ``6`` for 6 %."""
    IDENTIFIER = "identifier"
    """A code with at least one digit, such as an invoice number."""
    PHONE = "phone"
    """Digits, with a leading + where the country is printed."""
    EMAIL = "email"
    IBAN = "iban"
    """Compact, ``DE89370400440532013000``."""
    ENUM = "enum"
    """One of the field's choices."""


_NUMBERS = (FieldType.AMOUNT, FieldType.NUMBER, FieldType.INTEGER, FieldType.PERCENT)
_DATES = (FieldType.DATE,)


class CheckKind(StrEnum):
    """The arithmetic that a check does."""

    SUM = "sum"
    """The parts add up to the result; a column counts with all its rows."""
    PRODUCT = "product"
    """In every row of a list, the product of the parts is the result."""
    ORDER = "order"
    """The part's date is not after the result's date."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One thing to look for.

    ``hint`` is a short phrase for the model. ``choices`` belong to an enum. A field with ``columns``
    is a list (line items, transactions): each row has the columns, and ``type`` means nothing.

    Raises:
        SchemaError: for a name, choices or columns that cannot be used.
    """

    name: str
    type: FieldType = FieldType.TEXT
    hint: str = ""
    choices: tuple[str, ...] = ()
    columns: tuple[FieldSpec, ...] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise SchemaError(f"'{self.name}' cannot be the name of a field.", _NAME_REMEDY)
        if self.type is FieldType.ENUM and not self.choices:
            raise SchemaError(f"The field '{self.name}' has no choices.", "Say which values it can have.")
        if self.choices and self.type is not FieldType.ENUM:
            raise SchemaError(
                f"The field '{self.name}' has choices but is of type {self.type}.", "Make its type enum."
            )
        folded = [choice.strip().casefold() for choice in self.choices]
        if len(set(folded)) < len(folded) or "" in folded:
            raise SchemaError(
                f"The choices of '{self.name}' repeat or are empty.",
                "Give each choice once, upper or lower case.",
            )
        if any(column.is_list for column in self.columns):
            raise SchemaError(
                f"The list '{self.name}' holds another list.", "Lists go one level deep; use plain columns."
            )
        _refuse_duplicates(f"The list '{self.name}'", self.columns)

    @property
    def is_list(self) -> bool:
        return bool(self.columns)

    @property
    def cues(self) -> str:
        """Words that stand near the value where it is labelled: name and hint."""
        return f"{self.name} {self.hint}".replace("_", " ")


@dataclass(frozen=True, slots=True)
class Check:
    """Arithmetic between fields.

    ``parts`` and ``results`` name fields, or columns as ``items.amount``. A part that begins with
    ``-`` is taken off, whether it is printed with a minus or not (discounts, withdrawals).

    * Every one of ``parts`` must have been found, or the check is not run.
    * ``optional`` parts count where they were found; the sum may also hold without them.
    * ``results``: the check passes when it holds for one of them.
    * ``parts_may_be_included``: parts after the first may already be contained in the first, as the
      tax is in many receipts' subtotal.
    """

    kind: CheckKind
    parts: tuple[str, ...]
    results: tuple[str, ...]
    optional: tuple[str, ...] = ()
    parts_may_be_included: bool = False

    def __post_init__(self) -> None:
        if not self.parts or not self.results:
            raise SchemaError(
                f"A check of kind {self.kind} lacks parts or results.", "Name at least one of each."
            )
        if self.kind is CheckKind.ORDER and (len(self.parts), len(self.results)) != (1, 1):
            raise SchemaError("A check of kind order compares two dates.", "Name one part and one result.")
        lists = {path.partition(".")[0] if "." in path else "" for path in self.paths}
        if self.kind is CheckKind.PRODUCT and (len(lists) != 1 or "" in lists):
            raise SchemaError(
                "A check of kind product is not within one list.",
                "Name columns of one list, such as items.amount.",
            )

    @property
    def paths(self) -> tuple[str, ...]:
        """Every field or column the check names, without signs."""
        return tuple(path.removeprefix("-") for path in (*self.parts, *self.optional, *self.results))


@dataclass(frozen=True, slots=True)
class Schema:
    """A named set of fields, validated at construction.

    Raises:
        SchemaError: when it has no fields, two of one name, or a check that does not fit its fields.
    """

    name: str
    title: str
    fields: tuple[FieldSpec, ...]
    checks: tuple[Check, ...] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise SchemaError(f"'{self.name}' cannot be the name of a schema.", _NAME_REMEDY)
        if not self.fields:
            raise SchemaError(
                f"The schema '{self.name}' has no fields.", "Name at least one field to look for."
            )
        _refuse_duplicates(f"The schema '{self.name}'", self.fields)
        for check in self.checks:
            self._refuse_unless_it_fits(check)

    @property
    def key(self) -> str:
        """A hash of the content, 16 hexadecimal digits, the same on every machine."""
        content = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def field(self, name: str) -> FieldSpec:
        """The field called ``name``.

        Raises:
            KeyError: when there is none.
        """
        for spec in self.fields:
            if spec.name == name:
                return spec
        raise KeyError(name)

    def _refuse_unless_it_fits(self, check: Check) -> None:
        types = dict(self._types())
        wanted = _DATES if check.kind is CheckKind.ORDER else _NUMBERS
        for path in check.paths:
            if path not in types:
                raise SchemaError(
                    f"A check of the schema '{self.name}' names '{path}', which is not a field.",
                    "Name a field, or a column as list.column.",
                )
            if types[path] not in wanted:
                raise SchemaError(
                    f"A check of kind {check.kind} cannot use '{path}', which is of type {types[path]}.",
                    f"Make it {' or '.join(wanted)}.",
                )

    def _types(self) -> Iterator[tuple[str, FieldType]]:
        for spec in self.fields:
            if spec.is_list:
                yield from ((f"{spec.name}.{column.name}", column.type) for column in spec.columns)
            else:
                yield spec.name, spec.type


def _refuse_duplicates(owner: str, specs: tuple[FieldSpec, ...]) -> None:
    seen: set[str] = set()
    for spec in specs:
        folded = spec.name.casefold()
        if folded in seen:
            raise SchemaError(f"{owner} has two fields named '{spec.name}'.", "Give each field its own name.")
        seen.add(folded)
