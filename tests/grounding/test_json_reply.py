"""JSON replies, whole, wrapped and cut off; and the schema they are asked to follow."""

from __future__ import annotations

import json

import jsonschema
import pytest

from docvlm.grounding import (
    UNKNOWN_CONFIDENCE,
    PageWords,
    ReplyRows,
    ReplySpan,
    ReplyText,
    extraction_json_schema,
    parse_json_extraction,
)
from docvlm.reading import layout_rows
from docvlm.schemas import load_schema, page_context
from docvlm.types import TokenStep
from tests.pages import reading_of

SCHEMA = load_schema("seller, total:amount, items[name, price:amount]")
REPLY = '{"seller": "ACME Ltd", "total": null, "items": [{"name": "Tea", "price": "2.50"}, {"name": "Jam"}]}'


def reply_of(text: str, probability: float | None = 0.5) -> ReplyText:
    return ReplyText.of([TokenStep(text, probability, forced=False)])


@pytest.mark.parametrize("around", ["{}", "Here it is:\n```json\n{}\n```", "{}\n\nDone."])
def test_values_are_found_whatever_stands_around_them(around: str) -> None:
    parsed = parse_json_extraction(reply_of(around.replace("{}", REPLY)), SCHEMA)
    assert parsed.complete
    seller, total, items = parsed.fields
    assert seller == ReplySpan("seller", "ACME Ltd", 0.5)
    assert total == ReplySpan("total", None, 0.5)
    assert isinstance(items, ReplyRows)
    assert [[cell.text for cell in row] for row in items.rows] == [["Tea", "2.50"], ["Jam", None]]


def test_the_order_of_keys_does_not_matter() -> None:
    turned = json.dumps(dict(reversed(json.loads(REPLY).items())))
    texts = [
        field.text for field in parse_json_extraction(reply_of(turned), SCHEMA).fields[:2]
        if isinstance(field, ReplySpan)
    ]  # fmt: skip
    assert texts == ["ACME Ltd", None]


@pytest.mark.parametrize("length", range(0, len(REPLY), 7))
def test_a_reply_that_is_cut_off_keeps_what_is_whole(length: int) -> None:
    parsed = parse_json_extraction(reply_of(REPLY[:length]), SCHEMA)
    assert not parsed.complete
    assert [field.name for field in parsed.fields] == ["seller", "total", "items"]
    if length > REPLY.index(","):
        assert parsed.fields[0] == ReplySpan("seller", "ACME Ltd", 0.5)


def test_a_value_has_the_probability_of_its_own_tokens() -> None:
    steps = [
        TokenStep('{"seller": ', 0.1, False),
        TokenStep('"ACME"', 0.9, False),
        TokenStep("}", 0.2, False),
    ]
    seller = parse_json_extraction(ReplyText.of(steps), SCHEMA).fields[0]
    assert seller == ReplySpan("seller", "ACME", pytest.approx(0.9))


def test_an_unknown_probability_is_neither_sure_nor_unlikely() -> None:
    seller = parse_json_extraction(reply_of(REPLY, None), SCHEMA).fields[0]
    assert seller == ReplySpan("seller", "ACME Ltd", UNKNOWN_CONFIDENCE)


def test_the_schema_offers_amounts_of_the_page_only() -> None:
    reading = reading_of(["ACME Ltd", "Tea 2.50", "Total 12.50"])
    words = PageWords([line.words for line in reading.lines], layout_rows(reading))
    wanted = json.loads(extraction_json_schema(SCHEMA, words, page_context(words.text)))
    good = {"seller": "ACME", "total": "12.50", "items": [{"name": "Tea", "price": "2.50"}]}
    jsonschema.validate(good, wanted)
    jsonschema.validate({**good, "total": None}, wanted)
    for bad in ({**good, "total": "13.50"}, {"seller": "ACME"}, {**good, "more": "x"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(bad, wanted)
