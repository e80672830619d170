from __future__ import annotations

from docvlm.adapters import KnownValues
from docvlm.schemas import load_schema
from finetune.data.documents import FieldLabel, LabelledDocument, TranscriptLabel
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


def test_lines_of_transcripts_are_known_without_a_schema() -> None:
    page = TranscriptLabel("Oak  Ltd\n\n12 Mill Lane", page=1)
    bag = TranscriptLabel(words=("no", "lines"))
    documents = [
        LabelledDocument("a", "a", None, transcripts=(page, bag)),
        LabelledDocument("b", "b", None, lines=("12 Mill Lane", "Bonn")),
    ]
    assert known_texts(documents, None) == KnownValues(lines=("Oak Ltd", "12 Mill Lane", "Bonn"))
