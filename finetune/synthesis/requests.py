"""Extraction requests about a made-up document, with the replies they should get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

from docvlm.prompts import CELL_BREAK, NOT_FOUND, ROW_START, extraction_prompt
from docvlm.schemas import FieldSpec, FieldType, Schema, load_schema
from finetune.synthesis.kinds import (
    PARTIES,
    absent_facts,
    clean_name,
    document_kinds,
    other_label,
    plain,
    present_facts,
    template_fact,
)
from finetune.synthesis.page import Document
from finetune.synthesis.vocabulary import FactKind, fact_kinds

MAX_ROWS_ASKED = 6
NOT_STATED = "not stated"
"""Stands for the fact behind a field that no document states."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One request about a page and its reply.

    ``reply_start`` is already in the model's mouth; ``schema`` is None for a question.
    """

    prompt: str
    reply_start: str
    reply: str
    schema: Schema | None = None


_LIST_NAMES = {
    "items": ("items", "line_items", "products", "articles"),
    "transactions": ("transactions", "entries", "movements"),
}


def extraction_turn(document: Document, rng: Random, *, absent: bool = True) -> Turn | None:
    """Ask with a built-in template or with a schema of the moment; None where nothing can be asked.

    Args:
        absent: whether fields may be asked for that the document does not state.
    """
    kind = document_kinds()[document.kind]
    template = kind.template
    schema = load_schema(template) if template and rng.random() < 0.45 else None
    if schema is None or not _is_clear(document, schema):
        asked = _form_fields(document, rng) if kind.list_name == "entries" else _fields(document, rng)
        if not asked:
            return None
        schema = Schema("custom", "Custom", tuple(spec for spec, _ in asked))
        facts = {spec.name: fact for spec, fact in asked}
    else:
        facts = {spec.name: template_fact(document.kind, spec.name) for spec in schema.fields}
    if not absent:
        stated = (_as_stated(document, spec, facts[spec.name]) for spec in schema.fields)
        schema = Schema("custom", "Custom", tuple(spec for spec in stated if spec is not None))
        if not schema.fields:
            return None
    lines = [line for spec in schema.fields for line in _reply_lines(document, spec, facts[spec.name])]
    return Turn(extraction_prompt(schema), "", "".join(f"{line}\n" for line in lines), schema)


def _as_stated(document: Document, spec: FieldSpec, fact: str) -> FieldSpec | None:
    """The field where the document states it, a list with the columns that every row has; or None."""
    if not spec.is_list:
        return spec if fact in document.facts else None
    rows = document.rows(fact)
    full = [
        column for column in spec.columns if all(_cell(row, column.name, fact) != NOT_FOUND for row in rows)
    ]
    return replace(spec, columns=tuple(full)) if rows and full else None


def _reply_lines(document: Document, spec: FieldSpec, fact: str) -> list[str]:
    if not spec.is_list:
        return [f"{spec.name}: {document.facts.get(fact, NOT_FOUND)}"]
    rows = document.rows(fact)
    if not rows:
        return [f"{spec.name}: {NOT_FOUND}"]
    return [f"{spec.name}:", *(_reply_row(row, spec, fact) for row in rows)]


def _reply_row(row: Mapping[str, str], spec: FieldSpec, list_name: str) -> str:
    cells = (f"{column.name}: {_cell(row, column.name, list_name)}" for column in spec.columns)
    return ROW_START + CELL_BREAK.join(cells)


def _cell(row: Mapping[str, str], column: str, list_name: str) -> str:
    fact = _column_facts().get(column) or template_fact(list_name, column)
    if fact == "amount" and list_name == "transactions":
        return row.get("withdrawal") or row.get("deposit") or NOT_FOUND
    return row.get(fact, NOT_FOUND)


def _column_facts() -> dict[str, str]:
    """Synonyms of columns that mean one fact whatever the list."""
    columns = {
        column for kind in document_kinds().values() for column in kind.columns if column in fact_kinds()
    }
    return {
        name: column
        for column in columns
        for name in fact_kinds()[column].names
        if name not in ("date", "name")
    }


def _is_clear(document: Document, schema: Schema) -> bool:
    """Whether everything the schema asks for is printed as runs of words, and not too much of it."""
    facts = {template_fact(document.kind, spec.name) for spec in schema.fields}
    lists = [template_fact(document.kind, spec.name) for spec in schema.fields if spec.is_list]
    if "hourly_rate" in document.facts and "contract_fee" in facts - document.facts.keys():
        return False  # the rate may be what a fee is asked for
    return not any(fact.split(".")[0] in facts for fact in document.unclear) and all(
        len(document.rows(name)) <= 2 * MAX_ROWS_ASKED for name in lists
    )


def _fields(document: Document, rng: Random) -> list[tuple[FieldSpec, str]]:
    """Fields with the facts they mean: mostly printed ones, some absent, in any order, under any name."""
    present = present_facts(document)
    absent = absent_facts(document, document_kinds()[document.kind].facts)
    wanted = rng.sample(present, min(len(present), rng.randint(2, 6)))
    wanted += rng.sample(absent, min(len(absent), rng.choice((0, 0, 1, 1, 2, 3))))
    rng.shuffle(wanted)
    asked: dict[str, tuple[FieldSpec, str]] = {}
    for fact in wanted:
        if fact in PARTIES and rng.random() < 0.7:
            name = _written(clean_name(document.labels[fact]), rng)
        else:
            name = field_name(fact, document.language, rng)
        asked.setdefault(plain(name), (_spec(name, fact_kinds()[fact], rng), fact))
    if rng.random() < 0.3:
        asked |= _list_field(document, rng)
    return list(asked.values())


def _spec(name: str, kind: FactKind, rng: Random) -> FieldSpec:
    field_type = FieldType.TEXT if rng.random() < 0.3 else kind.type
    return FieldSpec(name, field_type, kind.hint if rng.random() < 0.3 else "")


def _list_field(document: Document, rng: Random) -> dict[str, tuple[FieldSpec, str]]:
    """The document's list with some of its columns; nothing where it has none or a long one."""
    kind = document_kinds()[document.kind]
    unclear = any(fact.split(".")[0] == kind.list_name for fact in document.unclear)
    if not kind.list_name or unclear or len(document.rows(kind.list_name)) > MAX_ROWS_ASKED:
        return {}
    chosen = rng.sample(kind.columns, rng.randint(2, min(4, len(kind.columns))))
    chosen.sort(key=kind.columns.index)
    columns = tuple(FieldSpec(_column_name(fact, rng), fact_kinds()[fact].type) for fact in chosen)
    name = rng.choice(_LIST_NAMES[kind.list_name])
    return {plain(name): (FieldSpec(name, columns=columns), kind.list_name)}


def _column_name(fact: str, rng: Random) -> str:
    synonyms = [name for name in fact_kinds()[fact].names if name not in ("date", "name")]
    return rng.choice((fact, *synonyms)) if fact != "entry_date" else rng.choice(("date", *synonyms))


def _form_fields(document: Document, rng: Random) -> list[tuple[FieldSpec, str]]:
    """Fields named as the labels of a form, a few of them of a form that asks for more."""
    asked: dict[str, tuple[FieldSpec, str]] = {}
    entries = range(len(document.rows("entries")))
    for number in rng.sample(entries, min(len(entries), rng.randint(2, 6))):
        fact = f"entries.{number}"
        if f"{fact}.label" not in document.facts or f"{fact}.value" in document.unclear:
            continue
        name = clean_name(document.labels.get(fact) or document.facts[f"{fact}.label"])
        if name:
            asked.setdefault(plain(name), (FieldSpec(_written(name, rng)), f"{fact}.value"))
    if not asked:
        return []
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        name = clean_name(other_label(document, rng))
        if name:
            asked.setdefault(plain(name), (FieldSpec(_written(name, rng)), NOT_STATED))
    wanted = list(asked.values())
    rng.shuffle(wanted)
    return wanted


def _written(label: str, rng: Random) -> str:
    return label.lower().replace(" ", "_") if rng.random() < 0.5 else label


def field_name(fact: str, language: str, rng: Random) -> str:
    """A name somebody may give a field that means ``fact``."""
    kind = fact_kinds()[fact]
    names = kind.names if rng.random() < 0.6 else kind.labels[language if rng.random() < 0.6 else "en"]
    name = clean_name(rng.choice(names)) or fact
    if rng.random() < 0.6:
        name = name.lower().replace(" ", "_").replace("-", "_")
    return name
