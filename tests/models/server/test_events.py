"""Events of a streamed reply as tokens with probabilities."""

from __future__ import annotations

import math

import pytest

from docvlm.models.server.events import ReplyPiece, ReplyToken, parse_event


def event(text: str, *logprobs: tuple[str, float]) -> dict[str, object]:
    content = [{"token": token, "logprob": math.log(probability)} for token, probability in logprobs]
    return {"choices": [{"delta": {"content": text}, "logprobs": {"content": content}}]}


def test_each_token_keeps_its_probability() -> None:
    piece = parse_event(event(" 12.50", (" 12", 0.5), (".50", 0.25)))
    assert [token.text for token in piece.tokens] == [" 12", ".50"]
    assert [token.probability for token in piece.tokens] == pytest.approx([0.5, 0.25])


def test_parts_of_a_character_are_one_token() -> None:
    (token,) = parse_event(event("é", ("\\xc3", 0.5), ("\\xa9", 0.5))).tokens
    assert token.text == "é" and token.probability == pytest.approx(0.25)


def test_without_probabilities_they_are_unknown() -> None:
    assert parse_event(event("12")).tokens == (ReplyToken("12", None),)


def test_a_probability_that_a_server_leaves_empty_is_unknown() -> None:
    content = [{"token": "12", "logprob": None}]
    told = {"choices": [{"delta": {"content": "12"}, "logprobs": {"content": content}}]}
    assert parse_event(told).tokens == (ReplyToken("12", None),)


def test_the_end_and_its_reason() -> None:
    assert parse_event({"choices": [{"delta": {}, "finish_reason": "length"}]}) == ReplyPiece(
        (), finished=True, cut_short=True
    )
    assert parse_event({"choices": [], "usage": {"prompt_tokens": 7}}).prompt_tokens == 7


def test_what_was_handed_on_is_taken_off() -> None:
    piece = ReplyPiece((ReplyToken("ab", 0.5), ReplyToken("cd", 0.25)))
    assert piece.after(3).tokens == (ReplyToken("d", 0.25),)
    assert piece.after(2).tokens == (ReplyToken("cd", 0.25),)
