"""Schemas: which fields to look for, what their printed text means, and the arithmetic between them."""

from docvlm.schemas.candidates import Span, find_candidates
from docvlm.schemas.checks import run_checks
from docvlm.schemas.context import DateOrder, DecimalStyle, PageContext, page_context
from docvlm.schemas.json_schema import dump_schema
from docvlm.schemas.normalise import Flag, TypedValue, normalise
from docvlm.schemas.schema import Check, CheckKind, FieldSpec, FieldType, Schema
from docvlm.schemas.sentences import without_sentence_end
from docvlm.schemas.shelf import SchemaShelf, schemas_by_key
from docvlm.schemas.sources import load_schema, schema_in_text, template_names

__all__ = [
    "Check",
    "CheckKind",
    "DateOrder",
    "DecimalStyle",
    "FieldSpec",
    "FieldType",
    "Flag",
    "PageContext",
    "Schema",
    "SchemaShelf",
    "Span",
    "TypedValue",
    "dump_schema",
    "find_candidates",
    "load_schema",
    "normalise",
    "page_context",
    "run_checks",
    "schema_in_text",
    "schemas_by_key",
    "template_names",
    "without_sentence_end",
]
