from __future__ import annotations

import json

from docvlm.export import answer_json, extraction_json, to_json
from docvlm.types import Answer, Box
from tests.export.documents import OTHER, RECEIPT


def test_answers_have_the_documented_keys() -> None:
    answer = Answer("Who?", "Ann", 0.123456, 2, (Box(1, 2, 3.04, 4.06),))
    assert answer_json(answer) == {
        "question": "Who?",
        "answer": "Ann",
        "confidence": 0.1235,
        "page": 2,
        "boxes": [[1, 2, 3.0, 4.1]],
    }
    not_found = answer_json(Answer("Who?", None, 0.5))
    assert (not_found["answer"], not_found["page"], not_found["boxes"]) == (None, None, [])


def test_extractions_have_the_documented_keys() -> None:
    assert RECEIPT.extraction is not None
    data = extraction_json(RECEIPT.extraction)
    total = data["fields"]["total"]
    documented = {key: total[key] for key in ("value", "raw", "confidence", "page", "box")}
    assert documented == {
        "value": "-12.50",
        "raw": "-12,50",
        "confidence": 0.9877,
        "page": 2,
        "box": [10, 20, 30.0, 40.1],
    }
    assert total["currency"] == "EUR"
    items = data["fields"]["items"]
    assert [row["description"]["value"] for row in items] == ["=SUM(A1)", "Roll"]
    assert items[1]["amount"]["value"] is None and items[1]["amount"]["box"] is None
    assert data["fields"]["payments"] == []
    assert data["checks"] == [
        {"name": "sum", "passed": False, "message": "10.00 is not 12.50", "fields": ["total"]}
    ]


def test_several_documents_are_one_json_value() -> None:
    data = json.loads(to_json([RECEIPT, OTHER]))
    assert [document["document"] for document in data["documents"]] == ["receipt.pdf", "@other.pdf"]
    assert data["documents"][0]["sha256"] == "ab" * 32
    assert [answer["answer"] for answer in data["documents"][0]["answers"]] == ["Łódź Bakery", None]
