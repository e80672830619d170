"""Values that stand within a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docvlm.schemas import without_sentence_end


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("eighteen months.", "eighteen months"),
        ("two years after its end.", "two years after its end"),
        ("fünf Jahre.", "fünf Jahre"),
        ("Boulangerie Bouchet,", "Boulangerie Bouchet"),
        ("Swiss law;", "Swiss law"),
        ("1 February 2026.", "1 February 2026"),
        ("8,640.00.", "8,640.00"),
        ("Heinsberg.,", "Heinsberg"),
        ("Kestrel Building Services Ltd.", "Kestrel Building Services Ltd."),
        ("UTAMA SDN. BHD.", "UTAMA SDN. BHD."),
        ("Meyer & Co.,", "Meyer & Co."),
        ("Lange Str.", "Lange Str."),
        ("4 Schulstr.", "4 Schulstr."),
        ("deutsches Recht.", "deutsches Recht"),
        ("Transports Dubois S.A.", "Transports Dubois S.A."),
        ("3.", "3."),
        ("prices incl.", "prices incl."),
        ("acme corp.", "acme corp."),
        ("Goethestr.", "Goethestr."),
        ("Dr. med.", "Dr. med."),
        ("1.5 % per year, or 10 %.", "1.5 % per year, or 10 %"),
        ("Baden-Baden.", "Baden-Baden"),
        ("L'Aquila.", "L'Aquila"),
        ("Köln.", "Köln"),
        ("New York.", "New York"),
        ("one month (in writing).", "one month (in writing)"),
        ("in Cork .", "in Cork"),
        ("and so on...", "and so on..."),
        (",", ","),
        ("", ""),
    ],
)
def test_what_belongs_to_the_sentence_goes(printed: str, value: str) -> None:
    assert without_sentence_end(printed) == value


@given(st.text(max_size=40))
def test_nothing_but_the_end_changes(text: str) -> None:
    bare = without_sentence_end(text)
    assert text.startswith(bare)
    assert bare or not text
