"""Extraction requests about a made-up document, with the replies they should get."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from docvlm.prompts import CELL_BREAK, NOT_FOUND, ROW_START, extraction_prompt
from docvlm.schemas import FieldSpec, FieldType, Schema, load_schema
from finetune.synthesis.page import Document
from finetune.synthesis.vocabulary import FactKind, fact_kinds

MAX_ROWS_ASKED = 6


@dataclass(frozen=True, slots=True)
class Turn:
    """One request about a page and its reply; ``reply_start`` is already in the model's mouth."""

    prompt: str
    reply_start: str
    reply: str


KNOWN_FACTS: Mapping[str, tuple[str, ...]] = {
    "receipt": (
        "seller_name seller_address seller_phone seller_fax seller_email seller_website seller_registration seller_tax_id "
        "receipt_number date time printed_date cashier table_number customer_number contact_person item_count subtotal "
        "discount tax service_charge rounding tip total cash change payment_method due_date iban"
    ).split(),
    "invoice": (
        "seller_name seller_address seller_phone seller_email seller_website seller_registration seller_tax_id buyer_name "
        "buyer_address delivery_address invoice_number order_number customer_number date due_date delivery_date "
        "contact_person payment_terms subtotal discount shipping tax tax_rate total iban bic bank_name payment_method"
    ).split(),
    "order": (
        "buyer_name buyer_address seller_name seller_address delivery_address order_number customer_number date "
        "delivery_date contact_person payment_terms subtotal discount shipping tax tax_rate total invoice_number iban"
    ).split(),
    "statement": (
        "bank_name account_holder holder_address account_number iban bic date period_start period_end opening_balance "
        "closing_balance due_date payment_terms"
    ).split(),
    "id_card": (
        "full_name surname given_names birth_date birth_place nationality sex card_number personal_number issue_date "
        "expiry_date authority holder_address account_number"
    ).split(),
    "letter": "sender_name recipient_name date subject reference due_date total invoice_number".split(),
}  # fmt: skip
"""What may be asked about each kind of document, whether it is printed or not."""

LISTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "receipt": ("items", ("description", "quantity", "unit_price", "amount", "code")),
    "invoice": ("items", ("description", "quantity", "unit_price", "amount", "code")),
    "order": ("items", ("description", "quantity", "unit_price", "amount", "code")),
    "statement": ("transactions", ("entry_date", "description", "withdrawal", "deposit", "balance")),
    "form": ("entries", ("label", "value")),
}
"""The list a kind of document has, and the facts of its rows."""

_LIST_NAMES = {"items": ("items", "line_items", "products", "articles"), "transactions": ("transactions", "entries", "movements")}

TEMPLATES: Mapping[str, str] = {
    "receipt": "receipt",
    "invoice": "invoice",
    "order": "purchase_order",
    "statement": "bank_statement",
    "id_card": "id_card",
    "form": "form",
}
TEMPLATE_FACTS: Mapping[str, str] = {
    "company": "seller_name", "address": "seller_address", "phone": "seller_phone", "seller": "seller_name",
    "supplier": "seller_name", "seller_tax_number": "seller_tax_id", "buyer": "buyer_name", "bank": "bank_name",
    "document_number": "card_number", "date_of_birth": "birth_date", "place_of_birth": "birth_place",
    "issuing_authority": "authority", "item_number": "code", "pairs": "entries", "key": "label",
    "transactions.date": "entry_date", "id_card.address": "holder_address",
}  # fmt: skip
"""The fact behind a template's field where the two are not called alike."""


def extraction_turn(document: Document, rng: Random) -> Turn | None:
    """Ask with a built-in template or with a schema of the moment; None where nothing can be asked."""
    template = TEMPLATES.get(document.kind)
    schema = load_schema(template) if template and rng.random() < 0.45 else None
    if schema is None or not _is_clear(document, schema):
        asked = _form_fields(document, rng) if document.kind == "form" else _fields(document, rng)
        if not asked:
            return None
        schema = Schema("custom", "Custom", tuple(spec for spec, _ in asked))
        facts = {spec.name: fact for spec, fact in asked}
    else:
        facts = {spec.name: _template_fact(document.kind, spec.name) for spec in schema.fields}
    lines = [line for spec in schema.fields for line in _reply_lines(document, spec, facts[spec.name])]
    return Turn(extraction_prompt(schema), "", "".join(f"{line}\n" for line in lines))


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
    fact = _column_facts().get(column) or TEMPLATE_FACTS.get(f"{list_name}.{column}") or TEMPLATE_FACTS.get(column, column)
    if fact == "amount" and list_name == "transactions":
        return row.get("withdrawal") or row.get("deposit") or NOT_FOUND
    return row.get(fact, NOT_FOUND)


def _column_facts() -> dict[str, str]:
    """Synonyms of columns that mean one fact whatever the list."""
    columns = {column for _, facts in LISTS.values() for column in facts if column in fact_kinds()}
    return {name: column for column in columns for name in fact_kinds()[column].names if name not in ("date", "name")}


def _template_fact(kind: str, name: str) -> str:
    return TEMPLATE_FACTS.get(f"{kind}.{name}") or TEMPLATE_FACTS.get(name, name)


def _is_clear(document: Document, schema: Schema) -> bool:
    """Whether everything the schema asks for is printed as runs of words, and not too much of it."""
    facts = {_template_fact(document.kind, spec.name) for spec in schema.fields}
    lists = [_template_fact(document.kind, spec.name) for spec in schema.fields if spec.is_list]
    return not any(fact.split(".")[0] in facts for fact in document.unclear) and all(
        len(document.rows(name)) <= 2 * MAX_ROWS_ASKED for name in lists
    )


def _fields(document: Document, rng: Random) -> list[tuple[FieldSpec, str]]:
    """Fields with the facts they mean: mostly printed ones, some absent, in any order, under any name."""
    known = KNOWN_FACTS.get(document.kind, ())
    present = [fact for fact in known if fact in document.facts]
    absent = [fact for fact in known if fact not in document.facts and fact not in document.unclear]
    wanted = rng.sample(present, min(len(present), rng.randint(2, 6)))
    wanted += rng.sample(absent, min(len(absent), rng.choice((0, 0, 1, 1, 2, 3))))
    rng.shuffle(wanted)
    used = {name.casefold() for fact in present for name in _all_names(fact)}
    asked: list[tuple[FieldSpec, str]] = []
    taken: set[str] = set()
    for fact in wanted:
        name = field_name(fact, document.language, rng)
        if name.casefold() in taken or (fact in absent and _plain(name) in {_plain(other) for other in used}):
            continue
        taken.add(name.casefold())
        asked.append((_spec(name, fact_kinds()[fact], rng), fact))
    if rng.random() < 0.3:
        asked += _list_field(document, rng, taken)
    return asked


def _spec(name: str, kind: FactKind, rng: Random) -> FieldSpec:
    field_type = FieldType.TEXT if rng.random() < 0.3 else kind.type
    return FieldSpec(name, field_type, kind.hint if rng.random() < 0.3 else "")


def _list_field(document: Document, rng: Random, taken: set[str]) -> list[tuple[FieldSpec, str]]:
    if document.kind not in LISTS:
        return []
    list_name, facts = LISTS[document.kind]
    name = rng.choice(_LIST_NAMES[list_name])
    clear = not any(fact.split(".")[0] == list_name for fact in document.unclear)
    if not clear or len(document.rows(list_name)) > MAX_ROWS_ASKED or name in taken:
        return []
    chosen = rng.sample(facts, rng.randint(2, min(4, len(facts))))
    chosen.sort(key=facts.index)
    kinds = fact_kinds()
    columns = tuple(FieldSpec(_column_name(fact, rng), kinds[fact].type) for fact in chosen)
    return [(FieldSpec(name, columns=columns), list_name)]


def _column_name(fact: str, rng: Random) -> str:
    synonyms = [name for name in fact_kinds()[fact].names if name not in ("date", "name")]
    return rng.choice((fact, *synonyms)) if fact != "entry_date" else rng.choice(("date", *synonyms))


def _form_fields(document: Document, rng: Random) -> list[tuple[FieldSpec, str]]:
    """Fields named as the labels of a form."""
    entries = {number: row for number, row in enumerate(document.rows("entries"))}
    asked: dict[str, tuple[FieldSpec, str]] = {}
    for number in rng.sample(sorted(entries), min(len(entries), rng.randint(2, 6))):
        fact = f"entries.{number}"
        if f"{fact}.label" not in document.facts or f"{fact}.value" in document.unclear:
            continue
        name = clean_name(document.facts[f"{fact}.label"])
        if name:
            name = name.lower().replace(" ", "_") if rng.random() < 0.5 else name
            asked.setdefault(_plain(name), (FieldSpec(name), f"{fact}.value"))
    return list(asked.values())


def field_name(fact: str, language: str, rng: Random) -> str:
    """A name somebody may give a field that means ``fact``."""
    kind = fact_kinds()[fact]
    names = kind.names if rng.random() < 0.6 else kind.labels[language if rng.random() < 0.6 else "en"]
    name = clean_name(rng.choice(names)) or fact
    if rng.random() < 0.6:
        name = name.lower().replace(" ", "_").replace("-", "_")
    return name


def clean_name(label: str) -> str:
    """A printed label as the name of a field: letters, digits and spaces, a letter first; or empty."""
    name = " ".join(re.sub(r"[^\w ]", " ", label).split())
    return name[:60].strip() if name[:1].isalpha() else ""


def _all_names(fact: str) -> Sequence[str]:
    kind = fact_kinds()[fact]
    return [fact, *kind.names, *(clean_name(label) for labels in kind.labels.values() for label in labels)]


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())


def names_overlap(fact: str, others: Sequence[str]) -> bool:
    """Whether a fact shares a name or label with another one, so that asking for it would be ambiguous."""
    mine = {_plain(name) for name in _all_names(fact)}
    return any(mine & {_plain(name) for name in _all_names(other)} for other in others)


