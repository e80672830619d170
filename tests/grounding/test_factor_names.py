"""Names of columns, and the words above them."""

from __future__ import annotations

import pytest

from docvlm.grounding.factor_names import Factors, factors_of, leans_to_price
from docvlm.schemas import load_schema
from docvlm.schemas.letters import without_accents


@pytest.mark.parametrize(
    ("columns", "factors"),
    [
        ("description, quantity:number, unit_price:amount, amount", Factors(1, 2, 3)),
        ("prix:amount, total:amount, tax:amount, pieces:integer", Factors(3, 0, 1)),
        ("description, quantity:number, amount", None),
        ("description, quantity:number, debit:amount, credit:amount", None),
        ("quantity:number, ordered:number, price:amount, amount", Factors(0, 2, 3)),
        ("position:integer, vat_rate:number, price:amount, amount", None),
        ("delivery_hours:integer, price:amount, amount", None),
        ("qty:integer, price:amount, amount, balance:amount", Factors(0, 1, 2)),
        ("qty:integer, price:amount, net:amount, total:amount", None),
        ("qty:integer, unitprice:amount, price:amount", Factors(0, 1, 2)),
        ("quantity:integer, unit_price:amount, total_price:amount", Factors(0, 1, 2)),
        ("menge:number, einzelpreis:amount, gesamtpreis:amount", Factors(0, 1, 2)),
        ("menge:number, preis:amount, mwst:amount", None),
        ("quantity:number, price:amount, savings:amount", None),
    ],
)
def test_types_and_names_say_what_multiplies(columns: str, factors: Factors | None) -> None:
    assert factors_of(load_schema(f"items[{columns}]").fields[0].columns) == factors


@pytest.mark.parametrize(
    ("leaning", "heads"),
    [
        (1, "Price|Unit price|Prix unitaire HT|Unit cost|Unit rate|Hourly rate|Rate|Preis/Einheit|E-Preis"),
        (1, "P.U. HT|PU"),
        (1, "P. Unit.|U/P|Stückpreis|Eenheidsprijs|Precio|Prezzo|EUR/kg|à kg|Unit amount|Prix Uni. €"),
        (-1, "Qty|Qté|Qantité|Quantité|Quantity ordered|Menge/ME|Anz.|Stück|Cant.|Hrs|Hours|Nbre|Units"),
        (-1, "Poids|QTE"),
        (0, "Unit|UoM|Importe|VAT rate|Quotation|Quality|Description|Entreprise|Montant HT"),
    ],
)
def test_heads_lean_to_the_price_to_the_quantity_or_to_neither(leaning: int, heads: str) -> None:
    assert {head: leans_to_price(without_accents(head)) for head in heads.split("|")} == dict.fromkeys(
        heads.split("|"), leaning
    )
