"""What programs may call of schemas: list them, save one of their own, delete it."""

from __future__ import annotations

from dataclasses import replace

import gradio as gr

from docvlm.errors import SchemaError
from docvlm.schemas import Schema, schema_in_text
from docvlm.ui.api_calls import Calls, Json, as_json, text_of, told_in_a_sentence


class SchemaApi:
    """Calls over the templates and the caller's own schemas."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def connect(self) -> None:
        """Add the calls to the page that is being built."""

        def schemas(request: gr.Request) -> str:
            """List the schemas that can be extracted from a PDF or an image: JSON with names and fields."""
            with told_in_a_sentence():
                known = self._calls.shelf(request).schemas()
                return as_json({"schemas": [_schema(schema) for schema in known.values()]})

        def schema_save(name: str, schema: str, request: gr.Request) -> str:
            """Keep a schema for PDFs and images, under a name that extract takes: JSON tells its fields.

            An earlier schema of yours with that name is replaced; templates cannot be.

            Args:
                name: For example: delivery note. Letters, digits, spaces, - and _, a letter first.
                schema: A list of fields such as: seller, date:date, total:amount; or a JSON Schema.
            """
            with told_in_a_sentence():
                wanted = text_of(name, "name")
                described = schema_in_text(text_of(schema, "schema"))
                saved = replace(described, name=wanted, title=wanted)
                self._calls.shelf(request).save(saved)
                return as_json(_schema(saved))

        def schema_delete(name: str, request: gr.Request) -> str:
            """Forget a schema that you saved. What was found with it in PDFs and images stays.

            Args:
                name: As schemas lists it.
            """
            with told_in_a_sentence():
                wanted = text_of(name, "name")
                if not self._calls.shelf(request).delete(wanted):
                    raise SchemaError(f"There is no saved schema '{wanted}'.", "Templates cannot be deleted.")
                return as_json({"deleted": wanted})

        for call in (schemas, schema_save, schema_delete):
            gr.api(call, api_name=call.__name__, concurrency_limit=4, concurrency_id="library calls")


def _schema(schema: Schema) -> Json:
    return {
        "name": schema.name,
        "title": schema.title,
        "fields": [
            {"name": spec.name, "type": str(spec.type), "hint": spec.hint}
            | ({"columns": [column.name for column in spec.columns]} if spec.is_list else {})
            for spec in schema.fields
        ],
    }
