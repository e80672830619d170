"""Where schemas come from: built-in templates, JSON Schema, pydantic models, plain lists of fields."""

from __future__ import annotations

import difflib
import json
import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from docvlm.errors import SchemaError
from docvlm.schemas.json_schema import from_json_schema
from docvlm.schemas.naming import as_name, guess_type
from docvlm.schemas.schema import FieldSpec, FieldType, Schema

_TYPE_SYNONYMS = {
    "str": FieldType.TEXT, "string": FieldType.TEXT, "int": FieldType.INTEGER, "float": FieldType.NUMBER,
    "decimal": FieldType.NUMBER, "money": FieldType.AMOUNT, "currency": FieldType.AMOUNT,
    "price": FieldType.AMOUNT, "percentage": FieldType.PERCENT, "id": FieldType.IDENTIFIER,
    "code": FieldType.IDENTIFIER, "telephone": FieldType.PHONE, "mail": FieldType.EMAIL,
    "datetime": FieldType.DATE,
}  # fmt: skip
_PART = re.compile(r"[^,;\n\[\]()]+|[\[\](),;\n]")


def load_schema(source: str | Path | dict[str, Any] | type | Schema) -> Schema:
    """The schema that ``source`` describes.

    ``source`` is one of

    * the name of a template (see :func:`template_names`);
    * a JSON Schema, as a dictionary, as JSON text, or as the path of a ``.json`` file;
    * a pydantic model class;
    * a plain list of fields, ``"seller, date:date, total:amount, items[description, price:amount]"``, on one
      line or several, with ``status:enum(open|paid)`` for choices; as text or as the path of another file;
    * a :class:`Schema`, returned as it is.

    Raises:
        SchemaError: when it is none of these, or describes something that cannot be extracted.
    """
    match source:
        case Schema():
            return source
        case dict():
            return from_json_schema(source)
        case Path():
            return _from_file(source)
        case type():
            return _from_model(source)
        case str():
            return _from_text(source.strip(), files=True)
    raise SchemaError(
        f"A schema cannot be made from a {type(source).__name__}.",
        "Give a template's name, a JSON Schema, a pydantic model or a list: 'date:date, total:amount'.",
    )


def schema_in_text(text: str) -> Schema:
    """The same for text that somebody else sent: never taken for the path of a file.

    Raises:
        SchemaError: when it describes no schema.
    """
    return _from_text(text.strip(), files=False)


@cache
def template_names() -> tuple[str, ...]:
    """The names of the built-in templates, in alphabetical order."""
    folder = resources.files("docvlm.schemas") / "templates"
    return tuple(
        sorted(file.name.removesuffix(".json") for file in folder.iterdir() if file.name.endswith(".json"))
    )


@cache
def _template(name: str) -> Schema:
    file = resources.files("docvlm.schemas") / "templates" / f"{name}.json"
    return from_json_schema(json.loads(file.read_text(encoding="utf-8")))


def _from_text(text: str, files: bool) -> Schema:
    name = text.casefold().replace("-", "_").replace(" ", "_")
    if name in template_names():
        return _template(name)
    if text.startswith("{"):
        return from_json_schema(_parse_json(text, "The schema"))
    if files and (text.lower().endswith(".json") or ("\n" not in text and _is_file(text))):
        return _from_file(Path(text))
    if re.fullmatch(r"[\w -]*", text):
        near = difflib.get_close_matches(name, template_names(), n=1)
        guess = f"Did you mean '{near[0]}'? " if near else ""
        raise SchemaError(
            f"There is no schema called '{text}'.",
            f"{guess}Known are {', '.join(template_names())}; or list fields: 'date:date, total:amount'.",
        )
    return parse_field_list(text)


def _is_file(text: str) -> bool:
    try:
        return Path(text).expanduser().is_file()
    except (OSError, RuntimeError):  # RuntimeError for the home of somebody unknown
        return False


def _from_file(path: Path) -> Schema:
    try:
        path = path.expanduser()
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, RuntimeError, UnicodeDecodeError) as error:
        if isinstance(error, RuntimeError):
            reason: str | None = "nobody of that name has a home folder here"
        else:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SchemaError(
            f"The schema file {path} cannot be read: {reason}.",
            "Give the path of a JSON Schema or a list of fields.",
        ) from error
    if text.lstrip().startswith("{") or path.suffix.lower() == ".json":
        return from_json_schema(_parse_json(text, f"The file {path.name}"), name=path.stem)
    return parse_field_list(text, name=path.stem)


def _parse_json(text: str, owner: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        where = f" (line {error.lineno}: {error.msg})" if isinstance(error, json.JSONDecodeError) else ""
        raise SchemaError(
            f"{owner} is not valid JSON{where}.", "Correct it, or list the fields instead."
        ) from error
    if not isinstance(document, dict):
        raise SchemaError(f"{owner} is not a JSON Schema.", "It must be an object with 'properties'.")
    return document


def _from_model(model: type) -> Schema:
    describe = getattr(model, "model_json_schema", None)
    if describe is None:
        raise SchemaError(
            f"The class {model.__name__} is not a pydantic model.", "Derive it from pydantic.BaseModel."
        )
    return from_json_schema(describe(), name=model.__name__)


def parse_field_list(text: str, name: str = "fields") -> Schema:
    """A schema from ``name:type`` entries, separated by commas, semicolons or lines.

    Without a type, a name such as ``due_date`` or ``total`` tells it (:func:`guess_type`), else it is text.
    Lines that begin with ``#`` are left out; ``name:type - words`` gives a hint.

    Raises:
        SchemaError: for an unknown type or brackets that do not close.
    """
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    entries = _split("\n".join(lines))
    return Schema(name=as_name(name), title=name, fields=tuple(_field(entry) for entry in entries))


def _split(text: str) -> list[str]:
    """Entries at the top level of brackets."""
    entries, depth, entry = [], 0, ""
    for part in _PART.findall(text):
        depth += (part in "[(") - (part in "])")
        if depth < 0:
            break
        if depth == 0 and part in ",;\n":
            entries.append(entry)
            entry = ""
        else:
            entry += part
    if depth != 0:
        raise SchemaError(
            "The brackets of the field list do not match.",
            "Write a list as items[description, amount:amount].",
        )
    return [entry.strip() for entry in (*entries, entry) if entry.strip()]


_ENTRY = re.compile(
    r"(?P<name>[^:\[\]()]+?)\s*(?:\[(?P<columns>.*)\])?\s*"
    r"(?::\s*(?P<type>[A-Za-z]+)\s*(?:\((?P<choices>[^()]*)\))?)?\s*(?:\s-\s*(?P<hint>.*))?",
    re.DOTALL,
)


def _field(entry: str) -> FieldSpec:
    match = _ENTRY.fullmatch(entry)
    if match is None:
        raise SchemaError(f"'{entry}' is not a field.", "Write name:type, such as total:amount.")
    name, hint = match["name"].strip(), " ".join((match["hint"] or "").split())
    if match["columns"] is not None:
        columns = tuple(_field(column) for column in _split(match["columns"]))
        if not columns:
            raise SchemaError(f"The list '{name}' has no columns.", "Name at least one in the brackets.")
        return FieldSpec(name, hint=hint, columns=columns)
    choices = tuple(part.strip() for part in re.split(r"[|,;]", match["choices"] or "") if part.strip())
    if match["type"] is None:
        return FieldSpec(name, guess_type(name), hint)
    return FieldSpec(name, _type(match["type"], name), hint, choices)


def _type(word: str, name: str) -> FieldType:
    folded = word.casefold()
    if folded in _TYPE_SYNONYMS:
        return _TYPE_SYNONYMS[folded]
    try:
        return FieldType(folded)
    except ValueError:
        near = difflib.get_close_matches(folded, [*FieldType, *_TYPE_SYNONYMS], n=1)
        guess = f"Did you mean '{near[0]}'? " if near else ""
        raise SchemaError(
            f"'{word}', the type of '{name}', is not known.", f"{guess}Types are {', '.join(FieldType)}."
        ) from None
