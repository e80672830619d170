"""Schemas that a person has built and saved, as JSON Schema files in a folder."""

from __future__ import annotations

import json
from pathlib import Path

from docvlm.atomic import write_atomically
from docvlm.errors import SchemaError
from docvlm.schemas.json_schema import dump_schema
from docvlm.schemas.schema import Schema
from docvlm.schemas.sources import load_schema, template_names


class SchemaShelf:
    """The saved schemas in ``folder``, beside the built-in templates."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def schemas(self) -> dict[str, Schema]:
        """Every schema by name: the templates first, then those saved here. Damaged files are left out."""
        found = {name: load_schema(name) for name in template_names()}
        for file in sorted(self._folder.glob("*.json")):
            try:
                schema = load_schema(file)
            except SchemaError:
                continue
            found.setdefault(schema.name, schema)
        return found

    def find(self, key: str) -> Schema | None:
        """The schema whose content has this key, None where there is none."""
        return next((schema for schema in self.schemas().values() if schema.key == key), None)

    def save(self, schema: Schema) -> None:
        """Keep a schema under its name, in place of an earlier one of that name.

        Raises:
            SchemaError: when the name is that of a template.
            UsageError: when the file cannot be written.
        """
        if schema.name in template_names():
            raise SchemaError(f"'{schema.name}' is the name of a template.", "Give yours another name.")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = json.dumps(dump_schema(schema), ensure_ascii=False, indent=2)
        write_atomically(self._folder / f"{schema.name}.json", text.encode())

    def delete(self, name: str) -> bool:
        """Forget a saved schema; False where there was none of that name."""
        if name not in self.schemas() or name in template_names():
            return False
        (self._folder / f"{name}.json").unlink(missing_ok=True)
        return True


def schemas_by_key(folder: Path) -> dict[str, Schema]:
    """The templates and every schema that anybody saved on a shelf below ``folder``, by key."""
    shelves = [SchemaShelf(folder), *map(SchemaShelf, sorted(folder.glob("*/")))]
    return {schema.key: schema for shelf in shelves for schema in shelf.schemas().values()}
