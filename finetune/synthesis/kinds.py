"""What may be asked about each kind of document, from ``kinds.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from finetune.synthesis.form_entries import label_beside
from finetune.synthesis.page import Document
from finetune.synthesis.vocabulary import fact_kinds

_SAID_OTHERWISE = {
    "full_name": ("surname", "given_names"),
    "surname": ("full_name",),
    "end_date": ("contract_term",),
    "contract_term": ("end_date",),
    "hourly_rate": ("contract_fee",),
    "total": ("contract_fee",),
    "contract_fee": ("total", "subtotal"),
    "signing_date": ("date",),
    "first_party": ("seller_name", "seller_address", "buyer_name", "buyer_address", "customer_number"),
}
"""Where the first is printed the others are neither printed as such nor absent."""

PARTIES = ("first_party", "second_party")
"""Facts that a contract calls by names of its own, such as Landlord and Tenant."""

_TEMPLATE_FACTS = {
    "company": "seller_name",
    "address": "seller_address",
    "phone": "seller_phone",
    "seller": "seller_name",
    "seller_tax_number": "seller_tax_id",
    "supplier": "seller_name",
    "buyer": "buyer_name",
    "bank": "bank_name",
    "document_number": "card_number",
    "date_of_birth": "birth_date",
    "place_of_birth": "birth_place",
    "issuing_authority": "authority",
    "id_card.address": "holder_address",
    "item_number": "code",
    "transactions.date": "entry_date",
    "pairs": "entries",
    "key": "label",
    "contract.term": "contract_term",
    "contract.fee": "contract_fee",
}


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """What a kind of document may state.

    Attributes:
        facts: keys of ``facts.toml``, whether a document prints them or not.
        list_name: the list that such documents have, or empty.
        columns: the facts of a row of the list.
        template: the built-in schema made for the kind, or empty.
    """

    facts: tuple[str, ...]
    list_name: str
    columns: tuple[str, ...]
    template: str


@cache
def document_kinds() -> Mapping[str, DocumentKind]:
    tables = tomllib.loads((Path(__file__).parent / "kinds.toml").read_text(encoding="utf-8"))
    return {
        name: DocumentKind(
            facts=tuple(table["facts"]),
            list_name=table.get("list", ""),
            columns=tuple(table.get("columns", ())),
            template=table.get("template", ""),
        )
        for name, table in tables.items()
    }


def template_fact(owner: str, name: str) -> str:
    """The fact behind a template's field; ``owner`` is the kind of document, or the list of a column."""
    return _TEMPLATE_FACTS.get(f"{owner}.{name}") or _TEMPLATE_FACTS.get(name, name)


def present_facts(document: Document) -> list[str]:
    """Facts of the document's kind that it prints."""
    return [fact for fact in document_kinds()[document.kind].facts if fact in document.facts]


def absent_facts(document: Document, among: Iterable[str]) -> list[str]:
    """Facts that the document does not state under any name."""
    printed = [fact for fact in fact_kinds() if fact in document.facts or fact in document.unclear]
    stated = {name for fact in printed for name in _all_names(fact)}
    stated |= {plain(label) for label in document.labels.values()}
    implied = {other for fact in printed for other in _SAID_OTHERWISE.get(fact, ())}
    return [fact for fact in among if fact not in implied and not stated & _all_names(fact)]


def other_label(document: Document, rng: Random) -> str:
    """A label of other forms that this one does not ask for; empty where the one drawn is too close to it."""
    label = label_beside(list(document.labels.values()), rng)
    return "" if plain(label) in plain(document.reading.text) else label


def clean_name(label: str) -> str:
    """A printed label as the name of a field: letters, digits and spaces, a letter first; or empty."""
    name = " ".join(re.sub(r"[^\w ]", " ", label).split())
    return name[:60].strip() if name[:1].isalpha() else ""


def plain(name: str) -> str:
    """A name without case, spaces and punctuation, to compare by."""
    return re.sub(r"[\W_]", "", name.casefold())


@cache
def _all_names(fact: str) -> frozenset[str]:
    kind = fact_kinds()[fact]
    labels = (label for labels in kind.labels.values() for label in labels)
    return frozenset(plain(name) for name in (fact, *kind.names, *labels))
