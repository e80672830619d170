"""Schemas from and to JSON Schema (2020-12, and what pydantic writes)."""

from __future__ import annotations

import re
from typing import Any

from docvlm.errors import SchemaError
from docvlm.schemas.naming import as_name, is_money
from docvlm.schemas.schema import Check, CheckKind, FieldSpec, FieldType, Schema

CHECKS_KEYWORD = "x-checks"
_MOST_REFERENCES = 32
_FORMATS = {
    "date": FieldType.DATE, "date-time": FieldType.DATE, "time": FieldType.TIME, "email": FieldType.EMAIL,
    "amount": FieldType.AMOUNT, "number": FieldType.NUMBER, "integer": FieldType.INTEGER,
    "percent": FieldType.PERCENT, "identifier": FieldType.IDENTIFIER, "phone": FieldType.PHONE,
    "iban": FieldType.IBAN, "text": FieldType.TEXT,
}  # fmt: skip

Document = dict[str, Any]


def from_json_schema(document: Document, name: str | None = None) -> Schema:
    """The schema that a JSON Schema of an object describes.

    ``type``, ``format`` (JSON Schema's own and docvlm's: ``amount``, ``percent``, ``identifier``, ``phone``,
    ``iban``), ``enum``, ``const``, ``description``, ``items``, optional (``anyOf`` with null) and local
    ``$ref`` are understood. Nested objects become fields with joined names (``seller_address``), an array of
    objects a list field, an array of plain values a list with one column, ``value``. A number whose name
    says money (``unit_price``) is an amount. ``x-checks`` holds the checks, see :class:`Check`. ``x-name``
    is the schema's name; without it that follows from ``name``, or from the title.

    Raises:
        SchemaError: when something in it cannot be extracted from a document.
    """
    reader = _Reader(document)
    root = reader.resolved(document)
    if not isinstance(root.get("properties"), dict) or not root["properties"]:
        raise SchemaError(
            "The JSON Schema has no properties.", "Describe an object with at least one property."
        )
    checks = document.get(CHECKS_KEYWORD, ())
    if not isinstance(checks, list | tuple):
        raise SchemaError(f"{CHECKS_KEYWORD} is not a list of checks.", "Put the checks between [ and ].")
    title = str(root.get("title") or document.get("title") or name or "fields")
    derived = as_name(name or "_".join(re.findall(r"[\w-]+", title)))
    return Schema(
        name=str(root.get("x-name") or derived),
        title=title,
        fields=tuple(reader.fields(root)),
        checks=tuple(_check(entry) for entry in checks),
    )


class _Reader:
    """Follows references within one document."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def resolved(self, node: Any) -> Document:
        """``node`` with its reference followed, wrappers of one meaning opened, and null left out."""
        description = None
        for _ in range(_MOST_REFERENCES):
            if not isinstance(node, dict):
                raise SchemaError("A part of the JSON Schema is not an object.", "Check its properties.")
            description = description or node.get("description")
            options = [option for option in _options(node) if option != {"type": "null"}]
            if "$ref" in node:
                node = self._follow(str(node["$ref"]))
            elif options:
                node = _likeliest(options)
            else:
                return {**node, "description": description} if description else node
        raise SchemaError("The JSON Schema refers to itself.", "Take the circle of $ref out.")

    def _follow(self, reference: str) -> Any:
        node: Any = self._document
        if not reference.startswith("#"):
            raise SchemaError(f"The reference {reference} leads out of the schema.", "Put it under $defs.")
        for step in reference.removeprefix("#").strip("/").split("/"):
            step = step.replace("~1", "/").replace("~0", "~")
            if step and (not isinstance(node, dict) or step not in node):
                raise SchemaError(f"The reference {reference} leads nowhere.", "Define it under $defs.")
            node = node[step] if step else node
        return node

    def fields(self, node: Document, prefix: str = "", depth: int = 0) -> list[FieldSpec]:
        """The fields of an object, nested objects laid flat."""
        if depth > _MOST_REFERENCES:
            raise SchemaError("The JSON Schema refers to itself.", "Take the circle of $ref out.")
        found: list[FieldSpec] = []
        for name, part in node["properties"].items():
            spec = self.resolved(part)
            full_name = f"{prefix}_{name}" if prefix else str(name)
            if isinstance(spec.get("properties"), dict):
                found += self.fields(spec, full_name, depth + 1)
            elif _type_name(spec) == "array":
                found.append(self._list(full_name, spec))
            elif _type_name(spec) == "object":
                raise SchemaError(f"The object '{full_name}' has no properties.", "Say which fields it has.")
            else:
                found.append(_scalar(full_name, spec))
        return found

    def _list(self, name: str, spec: Document) -> FieldSpec:
        items = self.resolved(spec.get("items") or {"type": "string"})
        if _type_name(items) == "array":
            raise SchemaError(f"The list '{name}' holds lists.", "Lists go one level deep; use objects.")
        if isinstance(items.get("properties"), dict):
            columns = tuple(self.fields(items))
        else:
            columns = (_scalar("value", items, says_money=is_money(name)),)
        return FieldSpec(name, hint=str(spec.get("description") or ""), columns=columns)


def _options(node: Document) -> list[Any]:
    for keyword in ("anyOf", "oneOf", "allOf"):
        if isinstance(node.get(keyword), list):
            return list(node[keyword])
    return []


def _likeliest(options: list[Any]) -> Any:
    """Of several forms of one value the number: pydantic describes a Decimal as a number or a string."""
    for option in options:
        if isinstance(option, dict) and option.get("type") in ("number", "integer"):
            return option
    return options[0]


def _type_name(spec: Document) -> str:
    kind = spec.get("type", "string")
    if isinstance(kind, list):
        kind = next((entry for entry in kind if entry != "null"), "string")
    return str(kind)


def _scalar(name: str, spec: Document, *, says_money: bool = False) -> FieldSpec:
    hint = str(spec.get("description") or "")
    choices = spec.get("enum") or ([spec["const"]] if "const" in spec else [])
    if not isinstance(choices, list | tuple):
        raise SchemaError(f"The choices of '{name}' are not a list.", "Put those of enum between [ and ].")
    kind = _type_name(spec)
    if kind == "boolean":
        choices = ["yes", "no"]
    if choices:
        words = tuple(str(item) for item in choices if item is not None)
        return FieldSpec(name, FieldType.ENUM, hint, choices=words)
    if kind in ("number", "integer"):
        stated = _FORMATS.get(str(spec.get("format")))
        money = says_money or is_money(name)
        guessed = FieldType.INTEGER if kind == "integer" else FieldType.NUMBER
        return FieldSpec(name, stated or (FieldType.AMOUNT if money else guessed), hint)
    return FieldSpec(name, _FORMATS.get(str(spec.get("format")), FieldType.TEXT), hint)


def _check(entry: Any) -> Check:
    try:
        return Check(
            kind=CheckKind(entry["kind"]),
            parts=tuple(entry["parts"]),
            results=tuple(entry["results"]),
            optional=tuple(entry.get("optional", ())),
            parts_may_be_included=bool(entry.get("parts_may_be_included", False)),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SchemaError(
            f"An entry of {CHECKS_KEYWORD} is not a check.",
            f"It needs a kind ({', '.join(CheckKind)}), parts and results.",
        ) from error


def dump_schema(schema: Schema) -> Document:
    """The schema as a JSON Schema that :func:`from_json_schema` turns back into an equal one."""
    document: Document = {"title": schema.title, "x-name": schema.name, "type": "object"}
    document["properties"] = {spec.name: _dumped(spec) for spec in schema.fields}
    if schema.checks:
        document[CHECKS_KEYWORD] = [_dumped_check(check) for check in schema.checks]
    return document


def _dumped(spec: FieldSpec) -> Document:
    part: Document = {"type": "string"}
    if spec.is_list:
        columns = {column.name: _dumped(column) for column in spec.columns}
        part = {"type": "array", "items": {"type": "object", "properties": columns}}
    elif spec.type is FieldType.ENUM:
        part["enum"] = list(spec.choices)
    elif spec.type is not FieldType.TEXT:
        part["format"] = str(spec.type)
    if spec.hint:
        part["description"] = spec.hint
    return part


def _dumped_check(check: Check) -> Document:
    entry: Document = {"kind": str(check.kind), "parts": list(check.parts), "results": list(check.results)}
    if check.optional:
        entry["optional"] = list(check.optional)
    if check.parts_may_be_included:
        entry["parts_may_be_included"] = True
    return entry
