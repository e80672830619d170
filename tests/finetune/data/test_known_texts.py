from __future__ import annotations

from docvlm.adapters import KnownValues
from docvlm.schemas import load_schema
from finetune.data.documents import FieldLabel, LabelledDocument
from finetune.data.known_texts import known_texts


def test_texts_of_the_schema_are_known_once_each() -> None:
    documents = [
        LabelledDocument(
            name,
            name,
            None,
            fields=(FieldLabel("company", company), FieldLabel("total", "9.00"), FieldLabel("other", "x")),
        )
        for name, company in (("a", "Oak  Ltd"), ("b", "Oak Ltd"), ("c", None), ("d", "Elm Ltd"))
    ]
    schema = load_schema("company, total:amount, items[name]")
    assert known_texts(documents, schema) == KnownValues({"company": ("Oak Ltd", "Elm Ltd")})
    assert known_texts(documents, None) == KnownValues()
